package powerloss_test

import (
	"slices"
	"testing"
)

func TestWhatARegisterMayHold(t *testing.T) {
	for _, tc := range []struct {
		name   string
		writes []*write
		want   []string
	}{
		{"one that was acknowledged", []*write{{"a", 1, 2, done}}, []string{"a"}},
		{"a later one that was acknowledged", []*write{{"a", 1, 2, done}, {"b", 3, 4, done}}, []string{"b"}},
		{"two at once", []*write{{"a", 1, 3, done}, {"b", 2, 4, done}}, []string{"a", "b"}},
		{"one without an answer", []*write{{"a", 1, 2, done}, {"b", 3, 0, unknown}}, []string{"a", "b"}},
		{"one without an answer, and one after it", []*write{{"a", 1, 0, unknown}, {"b", 2, 3, done}}, []string{"a", "b"}},
		{"one that was refused", []*write{{"a", 1, 2, done}, {"b", 3, 4, refused}}, []string{"a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := (&register{tc.writes}).allowed(); !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestWhatVersionsAKeyMayHave(t *testing.T) {
	one, two, marker := version{"1", "p1"}, version{"2", "p2"}, version{"m", ""}
	unanswered := version{"3", "p3"}
	for _, tc := range []struct {
		name   string
		told   *history
		got    []version
		latest string
		ok     bool
	}{
		{"those that were acknowledged", &history{versions: []version{two, one}}, []version{two, one}, "2", true},
		{"one less", &history{versions: []version{two, one}}, []version{two}, "2", false},
		{"in another order", &history{versions: []version{two, one}}, []version{one, two}, "1", false},
		{"an older one as the newest", &history{versions: []version{two, one}}, []version{two, one}, "1", false},
		{"markers apart", &history{versions: []version{two, marker, one}}, []version{marker, two, one}, "2", true},
		{"one that nobody put", &history{versions: []version{one}}, []version{two, one}, "2", false},
		{"an unanswered one", &history{versions: []version{one}, pending: true, adds: &version{put: "p3"}}, []version{unanswered, one}, "3", true},
		{"an unanswered one below", &history{versions: []version{one}, pending: true, adds: &version{put: "p3"}}, []version{one, unanswered}, "1", false},
		{"an unanswered one that didn't happen", &history{versions: []version{one}, pending: true, adds: &version{put: "p3"}}, []version{one}, "1", true},
		{"an unanswered one instead of another", &history{versions: []version{one}, pending: true, adds: &version{put: "p3"}}, []version{unanswered}, "3", false},
		{"an unanswered removal", &history{versions: []version{two, one}, pending: true, removes: "2"}, []version{one}, "1", true},
		{"another removed", &history{versions: []version{two, one}, pending: true, removes: "2"}, []version{two}, "2", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, ok := tc.told.matching(tc.got, tc.latest); ok != tc.ok {
				t.Errorf("got %v, want %v", ok, tc.ok)
			}
		})
	}
}
