package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"muster/internal/secret"
)

func TestNeverPrinted(t *testing.T) {
	s := secret.New("hunter2")
	holder := struct{ Key secret.String }{s}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("made", "secret", s, "holder", holder)
	j, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, s), fmt.Sprintf("%+v %#v", holder, holder), log.String(), string(j),
	} {
		if strings.Contains(printed, "hunter2") || strings.Contains(printed, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("the secret was printed: %s", printed)
		}
	}
	if s.Reveal() != "hunter2" || !s.Equal(secret.New("hunter2")) || s.Equal(secret.New("hunter3")) {
		t.Error("the secret was lost")
	}
}
