package awswire_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/awswire"
)

// readJSON is the server's side of a restJson1 body.
func readJSON(body string) (*input, error) {
	r := httptest.NewRequest(http.MethodPost, "/things/pump-7", nil)
	call, err := rest.Route(r, []byte(body))
	if err != nil {
		return nil, err
	}
	return put(rest).Read(call)
}

// readForm is the server's side of a Query body.
func readForm(form string) (*input, error) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	call, err := query.Route(r, []byte("Action=Put&Version=2020-01-01&"+form))
	if err != nil {
		return nil, err
	}
	return put(query).Read(call)
}

func TestJSONThatCanNotBeRead(t *testing.T) {
	for _, tc := range []struct{ name, body, want string }{
		{"no JSON", `nothing`, "Expected the start of a structure"},
		{"a list in place of the document", `[]`, "Expected the start of a structure"},
		{"cut off", `{"part":{"key":"k"}`, "Expected ',' or '}' in a structure"},
		{"text after the end", `{} {}`, "Unexpected text after the end of the document"},
		{"a key twice", `{"part":{"key":"a","key":"b"}}`, "Duplicate field 'key'"},
		{"a key twice, first null", `{"flag":null,"flag":true}`, "Duplicate field 'flag'"},
		{"a map's key twice", `{"notes":{"a":"b","a":"c"}}`, "Duplicate field 'a'"},
		{"a map's key twice, escaped once", `{"notes":{"a":"b","\u0061":"c"}}`, "Duplicate field 'a'"},
		{"a number for text", `{"mode":1}`, "NUMBER_VALUE can not be converted to a String"},
		{"true for text", `{"mode":true}`, "TRUE_VALUE can not be converted to a String"},
		{"text for a number", `{"count":"1"}`, "STRING_VALUE can not be converted to an Integer"},
		{"a fraction for an integer", `{"count":1.5}`, "NUMBER_VALUE can not be converted to an Integer"},
		{"a number too large", `{"count":2147483648}`, "NUMBER_VALUE can not be converted to an Integer"},
		{"text for a flag", `{"flag":"true"}`, "STRING_VALUE can not be converted to a Boolean"},
		{"text for a structure", `{"part":"k"}`, "Unexpected field type: a structure was expected"},
		{"a structure for text", `{"mode":{}}`, "Start of structure or map found where not expected."},
		{"a list for text", `{"mode":[]}`, "Start of list found where not expected"},
		{"null in a list", `{"tags":[null]}`, "A list holds null"},
		{"no base64", `{"data":"*"}`, "A blob is not base64"},
		{"a date that is none", `{"at":"yesterday"}`, "STRING_VALUE can not be converted to a Timestamp"},
		{"half a surrogate pair", `{"mode":"\ud83d"}`, "A string holds half a character"},
		{"an unknown escape", `{"mode":"\x"}`, "A string holds an unknown escape"},
		{"a control character", "{\"mode\":\"a\nb\"}", "A string holds a control character"},
		{"no UTF-8", "{\"mode\":\"\xff\"}", "The document is not UTF-8"},
		{"a number that begins with zero", `{"count":01}`, "Expected ',' or '}' in a structure"},
		{"a bad value nobody asked for", `{"unknown":tru}`, "Unexpected text in the document"},
		{"too deep", `{"unknown":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "The document is nested too deeply"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := readJSON(tc.body)
			var got *awswire.SerializationError
			if !errors.As(err, &got) || got.Reason != tc.want {
				t.Errorf("error: got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestJSONThatIsTakenLeniently(t *testing.T) {
	want := &input{Name: "pump-7", Part: &part{Key: "k"}}
	for name, body := range map[string]string{
		"unknown members":         `{"unknown":{"a":[1,-2.5e+3,"\u00e9\ud83d\ude00",true,null]},"part":{"key":"k"}}`,
		"null is absent":          `{"part":{"key":"k","value":null,"parts":null},"count":null}`,
		"keys are case-sensitive": `{"Part":{"key":"other"},"part":{"key":"k"},"PART":1}`,
		"white space":             " \r\n\t{ \"part\" : { \"key\" : \"k\" } } \n",
		"a name also in the body": `{"name":"other","part":{"key":"k"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readJSON(body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("input (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConstraints(t *testing.T) {
	const detected = " failed to satisfy constraint: Member must "
	for _, tc := range []struct{ name, body, want string }{
		{"a required member is absent", `{}`, "1 validation error detected: Value null at 'part'" + detected + "not be null"},
		{"a required member is null", `{"part":{"key":null}}`, "1 validation error detected: Value null at 'part.key'" + detected + "not be null"},
		{"an empty text", `{"part":{"key":""}}`,
			"2 validation errors detected: Value '' at 'part.key'" + detected + "have length greater than or equal to 1; Value '' at 'part.key'" + detected + "satisfy regular expression pattern: [a-z0-9:/ _-]+"},
		{"a text too long", `{"part":{"key":"123456789"}}`, "1 validation error detected: Value '123456789' at 'part.key'" + detected + "have length less than or equal to 8"},
		{"length counts characters", `{"part":{"key":"ééééé"}}`, "1 validation error detected: Value 'ééééé' at 'part.key'" + detected + "satisfy regular expression pattern: [a-z0-9:/ _-]+"},
		{"a pattern takes the whole text", `{"part":{"key":"a\n"}}`, "1 validation error detected: Value 'a\n' at 'part.key'" + detected + "satisfy regular expression pattern: [a-z0-9:/ _-]+"},
		{"not of the enumeration", `{"part":{"key":"k"},"mode":"on"}`, "1 validation error detected: Value 'on' at 'mode'" + detected + "satisfy enum value set: [ON, OFF]"},
		{"a number too small", `{"part":{"key":"k"},"count":0}`, "1 validation error detected: Value '0' at 'count'" + detected + "have value greater than or equal to 1"},
		{"a number too large", `{"part":{"key":"k"},"count":251}`, "1 validation error detected: Value '251' at 'count'" + detected + "have value less than or equal to 250"},
		{"a list too long", `{"part":{"key":"k"},"tags":["a","b","c","d"]}`, "1 validation error detected: Value '[a, b, c, d]' at 'tags'" + detected + "have length less than or equal to 3"},
		{"an element", `{"part":{"key":"k"},"tags":["a","B"]}`, "1 validation error detected: Value '[a, B]' at 'tags'" + detected + "satisfy constraint: [Member must satisfy regular expression pattern: [a-z0-9:/ _-]+]"},
		{"a map's key", `{"part":{"key":"k"},"notes":{"A":"b"}}`, "1 validation error detected: Value '{A=b}' at 'notes' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-z0-9:/ _-]+]"},
		{"a map's value", `{"part":{"key":"k"},"notes":{"a":""}}`, "1 validation error detected: Value '{a=}' at 'notes' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [a-z0-9:/ _-]+]"},
		{"deep inside", `{"part":{"key":"k","parts":[{"key":"k"},{}]}}`, "1 validation error detected: Value null at 'part.parts.2.member.key'" + detected + "not be null"},
		{"what must not be shown", `{"part":{"key":"k"},"pin":"123"}`, "1 validation error detected: Value at 'pin'" + detected + "have length greater than or equal to 4"},
		{"a blob too long", `{"part":{"key":"k"},"data":"MTIzNDU2Nzg5"}`, "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=9 cap=9]' at 'data'" + detected + "have length less than or equal to 8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := readJSON(tc.body)
			var got *awswire.InvalidError
			if !errors.As(err, &got) || got.Error() != tc.want {
				t.Errorf("error:\ngot  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestRefusedValuesAreShownInPart(t *testing.T) {
	_, err := readJSON(`{"part":{"key":"` + strings.Repeat("é", 5000) + `"}}`)
	if err == nil || len(err.Error()) > 3000 {
		t.Errorf("error: got %d bytes", len(err.Error()))
	}
}

func TestForms(t *testing.T) {
	for _, tc := range []struct {
		name, form string
		want       *input
		err        string
	}{
		{"lists in the order of their numbers", "name=a&part.key=k&tags.member.10=c&tags.member.2=b", &input{Name: "a", Part: &part{Key: "k"}, Tags: []string{"b", "c"}}, ""},
		{"an empty list", "name=a&part.key=k&tags=", &input{Name: "a", Part: &part{Key: "k"}, Tags: []string{}}, ""},
		{"a map", "name=a&part.key=k&notes.entry.1.key=x&notes.entry.1.value=y", &input{Name: "a", Part: &part{Key: "k"}, Notes: map[string]string{"x": "y"}}, ""},
		{"a plus is a blank", "name=a+b&part.key=k", &input{Name: "a b", Part: &part{Key: "k"}}, ""},
		{"unknown parameters", "name=a&part.key=k&part.other.member.x=1&z=", &input{Name: "a", Part: &part{Key: "k"}}, ""},
		{"keys are case-sensitive", "Name=b&name=a&part.key=k", &input{Name: "a", Part: &part{Key: "k"}}, ""},
		{"a parameter twice", "name=a&name=b&part.key=k", nil, "The parameter name is there twice"},
		{"a map's key twice", "name=a&part.key=k&notes.entry.1.key=x&notes.entry.1.value=y&notes.entry.2.key=x&notes.entry.2.value=z", nil, "A map holds a key twice"},
		{"a map entry without value", "name=a&part.key=k&notes.entry.1.key=x", nil, "A map entry has no key or no value"},
		{"a list element without number", "name=a&tags.member.x=b", nil, "'x' is not the number of a list element"},
		{"one number written twice", "name=a&tags.member.1=b&tags.member.01=c", nil, "'01' is not the number of a list element"},
		{"text for a list", "name=a&tags=b", nil, "Unexpected text in place of a list or map"},
		{"a structure for text", "name.x=a", nil, "Unexpected structure, list or map in place of a String"},
		{"no number", "name=a&count=x", nil, "'x' can not be converted to an Integer"},
		{"no flag", "name=a&flag=True", nil, "'True' can not be converted to a Boolean"},
		{"no UTF-8", "name=%ff", nil, "The request holds text that is not UTF-8"},
		{"a broken escape", "name=%zz", nil, "The query string contains a syntax error"},
		{"too many parameters", strings.Repeat("&a=", 10001), nil, "There are too many parameters"},
		{"constraints hold", "name=A&part.parts.member.1.value=x", nil,
			"3 validation errors detected: Value null at 'part.parts.1.member.key' failed to satisfy constraint: Member must not be null; Value null at 'part.key' failed to satisfy constraint: Member must not be null; Value 'A' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z0-9:/ _-]+"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := readForm(tc.form)
			if tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Errorf("error:\ngot  %v\nwant %s", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("input (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzJSON: whatever the body, it is refused or read as values that, sent
// again, are read as the same.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"part":{"key":"k","parts":[{"key":"\u00e9"}]},"tags":[],"notes":{"a":"b"},"at":1.5,"data":"AAA=","ratio":1e3}`))
	f.Add([]byte(`{"part":null,"x":[{"y":[[]]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := readJSON(string(body))
		if err != nil {
			return
		}
		again, err := deliver(t, put(rest), first)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("input (-first +again):\n%s", diff)
		}
	})
}

// FuzzForm is FuzzJSON for Query.
func FuzzForm(f *testing.F) {
	f.Add("name=a&part.key=k&tags.member.1=b&notes.entry.1.key=x&notes.entry.1.value=y&at=2023-11-14T22:13:20Z")
	f.Add("name=a+b&part.parts.member.2.key=%C3%A9&tags=&&.=&..=.")
	f.Fuzz(func(t *testing.T, form string) {
		first, err := readForm(form)
		if err != nil {
			return
		}
		again, err := deliver(t, put(query), first)
		if err != nil {
			t.Fatal(err)
		}
		// A form can't tell an empty map from none.
		if len(first.Notes) == 0 {
			first.Notes, again.Notes = nil, nil
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("input (-first +again):\n%s", diff)
		}
	})
}

// FuzzRoute: no path may panic, and what a label holds is what was escaped.
func FuzzRoute(f *testing.F) {
	f.Add("/things/a%2Fb", "isForced=true")
	f.Add("//things//", "a=%zz")
	f.Add("/things/%2F", "")
	f.Fuzz(func(t *testing.T, path, rawQuery string) {
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return
		}
		u.RawQuery = rawQuery
		call, err := rest.Route(&http.Request{Method: http.MethodDelete, URL: u, Header: http.Header{}}, nil)
		if err != nil {
			return
		}
		in, err := drop(rest).Read(call)
		if want, _ := url.PathUnescape(strings.TrimSuffix(u.EscapedPath(), "/")); err == nil && "/things/"+in.Name != want {
			t.Errorf("label: got %q of %q", in.Name, u.EscapedPath())
		}
	})
}

func BenchmarkReadJSON(b *testing.B) {
	body := `{"part":{"key":"k","value":"some text of usual length"},"tags":["a","b"],"notes":{"a":"b"},"count":3}`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readJSON(body); err != nil {
			b.Fatal(err)
		}
	}
}
