package awswire_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"muster/internal/awswire"
)

var routes = awswire.NewService(`{"metadata":{"protocol":"rest-json"},"operations":{
 "List":{"name":"List","http":{"method":"GET","requestUri":"/things"}},
 "Root":{"name":"Root","http":{"method":"GET","requestUri":"/"}},
 "Get":{"name":"Get","http":{"method":"GET","requestUri":"/things/{name}"}},
 "Delete":{"name":"Delete","http":{"method":"DELETE","requestUri":"/things/{name}"}},
 "Special":{"name":"Special","http":{"method":"GET","requestUri":"/things/special"}},
 "Parts":{"name":"Parts","http":{"method":"GET","requestUri":"/things/{name}/parts"}},
 "SpecialOther":{"name":"SpecialOther","http":{"method":"GET","requestUri":"/things/special/other"}},
 "Greedy":{"name":"Greedy","http":{"method":"GET","requestUri":"/files/{path+}"}},
 "Slash":{"name":"Slash","http":{"method":"GET","requestUri":"/slash/"}},
 "Plain":{"name":"Plain","http":{"method":"POST","requestUri":"/act"}},
 "Literal":{"name":"Literal","http":{"method":"POST","requestUri":"/act?action=run"}}},"shapes":{}}`)

func TestPaths(t *testing.T) {
	for _, tc := range []struct{ name, method, path, want string }{
		{"the root", "GET", "/", "Root"},
		{"a literal", "GET", "/things", "List"},
		{"a literal with a slash at its end", "GET", "/things/", "List"},
		{"a slash at the end in the model", "GET", "/slash", "Slash"},
		{"a label", "GET", "/things/pump-7", "Get"},
		{"a label with an escaped slash", "GET", "/things/a%2Fparts", "Get"},
		{"another method", "DELETE", "/things/pump-7", "Delete"},
		{"a literal before a label", "GET", "/things/special", "Special"},
		{"an escaped literal", "GET", "/thing%73", "List"},
		{"back from a literal to a label", "GET", "/things/special/parts", "Parts"},
		{"a greedy label", "GET", "/files/a/b/c", "Greedy"},
		{"without the literal query", "POST", "/act?other=1", "Plain"},
		{"with the literal query", "POST", "/act?other=1&action=run", "Literal"},
		{"no such path", "GET", "/nothing", ""},
		{"no such method", "PATCH", "/things", ""},
		{"too long", "GET", "/things/a/parts/b", ""},
		{"an empty label", "GET", "/things//parts", ""},
		{"two slashes first", "GET", "//things", ""},
		{"dots are no way up", "GET", "/files/../things", "Greedy"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, "http://localhost"+tc.path, nil)
			call, err := routes.Route(r, nil)
			if tc.want == "" {
				var unknown *awswire.UnknownOperationError
				if !errors.As(err, &unknown) {
					t.Errorf("error: got %v, want an unknown operation", err)
				}
				return
			}
			if err != nil || call.Operation != tc.want {
				t.Errorf("operation: got %v, %v, want %s", call, err, tc.want)
			}
		})
	}
}

func TestOperationsOutsideThePath(t *testing.T) {
	for _, tc := range []struct {
		name, method, path, target, body string
		service                          *awswire.Service
		want, err                        string
	}{
		{"a target", "POST", "/", "Test.Put", "", json, "Put", ""},
		{"a target Muster has not", "POST", "/", "Test.Later", "", json, "Later", ""},
		{"an unknown target", "POST", "/", "Test.Never", "", json, "", "unknown operation Never"},
		{"a target of another service", "POST", "/", "Other.Put", "", json, "", "unknown operation Put"},
		{"no target", "POST", "/", "", "", json, "", "unknown operation "},
		{"a target at another path", "POST", "/x", "Test.Put", "", json, "", "unknown operation Put"},
		{"an action", "POST", "/", "", "Action=Put&Version=2020-01-01", query, "Put", ""},
		{"an action in the URL", "GET", "/?Action=Put&Version=2020-01-01", "", "", query, "Put", ""},
		{"an unknown action", "POST", "/", "", "Action=Never&Version=2020-01-01", query, "", "unknown operation Never"},
		{"another version", "POST", "/", "", "Action=Put&Version=2010-01-01", query, "", "unknown operation Put"},
		{"an action twice", "POST", "/", "", "Action=Put&Action=Drop", query, "", "The parameter Action is there twice"},
		{"no action", "POST", "/", "", "", query, "", "unknown operation "},
		{"an action at another path", "POST", "/x", "", "Action=Put", query, "", "unknown operation "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, "http://localhost"+tc.path, nil)
			if tc.target != "" {
				r.Header.Set("X-Amz-Target", tc.target)
			}
			call, err := tc.service.Route(r, []byte(tc.body))
			if tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Errorf("error: got %v, want %s", err, tc.err)
				}
				return
			}
			if err != nil || call.Operation != tc.want {
				t.Errorf("operation: got %v, %v, want %s", call, err, tc.want)
			}
		})
	}
}
