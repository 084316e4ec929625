package awswire_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/awswire"
)

// The test API: every kind of value, in all three protocols.
const operations = `"operations":{
 "Put":{"name":"Put","http":{"method":"POST","requestUri":"URI"},"input":{"shape":"Input"},"output":{"shape":"Output","resultWrapper":"PutResult"},"errors":[{"shape":"GoneException"}]},
 "Drop":{"name":"Drop","http":{"method":"VERB","requestUri":"URI"},"input":{"shape":"Key"}},
 "Later":{"name":"Later","http":{"method":"GET","requestUri":"/later"}}},`

const shapes = `"shapes":{
 "Input":{"type":"structure","required":["name","part"],"members":{
  "name":{"shape":"Name"BIND},"flag":{"shape":"Flag"},"count":{"shape":"Count"},"big":{"shape":"Long"},"ratio":{"shape":"Double"},
  "at":{"shape":"Time"},"data":{"shape":"Blob"},"tags":{"shape":"Tags"},"sizes":{"shape":"Counts"},"notes":{"shape":"Notes"},"part":{"shape":"Part"},"mode":{"shape":"Mode"},"pin":{"shape":"Pin"}}},
 "Output":{"type":"structure","members":{
  "name":{"shape":"Name"},"flag":{"shape":"Flag"},"count":{"shape":"Count"},"big":{"shape":"Long"},"ratio":{"shape":"Double"},
  "at":{"shape":"Time"},"data":{"shape":"Blob"},"tags":{"shape":"Tags"},"notes":{"shape":"Notes"},"part":{"shape":"Part"}}},
 "Key":{"type":"structure","required":["name"],"members":{"name":{"shape":"Any"BIND},"force":{"shape":"Flag"QUERY},"who":{"shape":"Any"HEADER}}},
 "Part":{"type":"structure","required":["key"],"members":{"key":{"shape":"Name"},"value":{"shape":"Any"},"parts":{"shape":"Parts"}}},
 "Parts":{"type":"list","member":{"shape":"Part"}},
 "Tags":{"type":"list","max":3,"member":{"shape":"Name"}},
 "Counts":{"type":"list","member":{"shape":"Count"}},
 "Notes":{"type":"map","key":{"shape":"Name"},"value":{"shape":"Name"}},
 "Name":{"type":"string","min":1,"max":8,"pattern":"[a-z0-9:/ _-]+"},
 "Mode":{"type":"string","enum":["ON","OFF"]},
 "Pin":{"type":"string","min":4,"sensitive":true},
 "Any":{"type":"string"},"Flag":{"type":"boolean"},"Count":{"type":"integer","min":1,"max":250},"Long":{"type":"long"},
 "Double":{"type":"double"},"Time":{"type":"timestamp"},"Blob":{"type":"blob","max":8},
 "GoneException":{"type":"structure","members":{"message":{"shape":"Any"}},"error":{"code":"Gone","httpStatusCode":410}}}}`

type part struct {
	Key   string
	Value *string
	Parts []part
}

type input struct {
	Name  string
	Flag  *bool
	Count *int32
	Big   *int64
	Ratio *float64
	At    *awswire.Time
	Data  []byte
	Tags  []string
	Sizes []int32
	Notes map[string]string
	Part  *part
	Mode  *string
	Pin   *string
}

type output struct {
	Name  *string
	Flag  *bool
	Count *int32
	Big   *int64
	Ratio *float64
	At    *awswire.Time
	Data  []byte
	Tags  []string
	Notes map[string]string
	Part  *part
}

type key struct {
	Name  string
	Force *bool
	Who   *string
}

// service makes the test API; bound puts some members outside the body.
func service(metadata string, bound bool) *awswire.Service {
	text := `{"metadata":` + metadata + `,` + operations + shapes
	uri, verb, bind, query, header := "/", "POST", "", "", ""
	if bound {
		uri, verb, bind = "/things/{name}", "DELETE", `,"location":"uri","locationName":"name"`
		query, header = `,"location":"querystring","locationName":"isForced"`, `,"location":"header","locationName":"x-who"`
	}
	return awswire.NewService(strings.NewReplacer("URI", uri, "VERB", verb, "BIND", bind, "QUERY", query, "HEADER", header).Replace(text))
}

var (
	rest  = service(`{"protocol":"rest-json","signingName":"rest"}`, true)
	json  = service(`{"protocol":"json","jsonVersion":"1.1","targetPrefix":"Test","signingName":"json"}`, false)
	query = service(`{"protocol":"query","endpointPrefix":"query","apiVersion":"2020-01-01","xmlNamespace":"https://test/"}`, false)
)

var protocols = map[string]*awswire.Service{"restJson1": rest, "json 1.1": json, "query": query}

func put(s *awswire.Service) awswire.Op[input, output] {
	return awswire.Op[input, output]{Service: s, Name: "Put"}
}

func drop(s *awswire.Service) awswire.Op[key, awswire.Empty] {
	return awswire.Op[key, awswire.Empty]{Service: s, Name: "Drop"}
}

// deliver takes a client's request to the server's side.
func deliver[In, Out any](t *testing.T, op awswire.Op[In, Out], in *In) (*In, error) {
	t.Helper()
	r, body, err := op.Request(t.Context(), "http://127.0.0.1:4600", in)
	if err != nil {
		t.Fatal(err)
	}
	call, err := op.Service.Route(r, body)
	if err != nil {
		t.Fatalf("route %s %s: %v", r.Method, r.URL, err)
	}
	if call.Operation != op.Name {
		t.Fatalf("operation: got %s, want %s", call.Operation, op.Name)
	}
	return op.Read(call)
}

func TestBothSidesOfAnInput(t *testing.T) {
	full := input{
		Name: "a/b 1", Flag: new(false), Count: new(int32(250)), Big: new(int64(1) << 60), Ratio: new(0.5),
		At: awswire.At(time.UnixMilli(1700000000123).UTC()), Data: []byte("\x00\xffz"),
		Tags: []string{"b", "a"}, Sizes: []int32{3, 1}, Notes: map[string]string{"k": "v", "l": "w"},
		Part: &part{Key: "x", Value: new(""), Parts: []part{{Key: "y", Parts: []part{{Key: "z"}}}, {Key: "q"}}},
		Mode: new("OFF"), Pin: new("1234"),
	}
	for name, s := range protocols {
		for situation, want := range map[string]input{
			"everything":          full,
			"only what is needed": {Name: "a", Part: &part{Key: "k"}},
			"an empty list":       {Name: "a", Part: &part{Key: "k"}, Tags: []string{}},
			"text to escape":      {Name: "a", Part: &part{Key: "k", Value: new("+&=%/ \"\\\n\u2028é€😀<>")}},
		} {
			t.Run(name+"/"+situation, func(t *testing.T) {
				got, err := deliver(t, put(s), &want)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, *got); diff != "" {
					t.Errorf("input (-sent +read):\n%s", diff)
				}
			})
		}
		t.Run(name+"/outside the body", func(t *testing.T) {
			want := key{Name: "a%2F/..//b+c", Force: new(true), Who: new("me")}
			got, err := deliver(t, drop(s), &want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, *got); diff != "" {
				t.Errorf("input (-sent +read):\n%s", diff)
			}
		})
	}
}

func TestBothSidesOfAnOutput(t *testing.T) {
	for name, s := range protocols {
		for situation, want := range map[string]output{
			"nothing": {},
			"everything": {
				Name: new("n"), Flag: new(true), Count: new(int32(-1)), Big: new(int64(1) << 60), Ratio: new(1e21),
				At: awswire.At(time.UnixMilli(1700000000123).UTC()), Data: []byte("data"), Tags: []string{"b", ""},
				Notes: map[string]string{"k": "<v>"}, Part: &part{Key: "x", Value: new(" "), Parts: []part{{Key: "y"}}},
			},
			"empty collections": {Tags: []string{}, Notes: map[string]string{}, Part: &part{Key: "", Parts: []part{}}},
		} {
			t.Run(name+"/"+situation, func(t *testing.T) {
				w := httptest.NewRecorder()
				if err := put(s).Reply(&want, "id-1").Send(w, "id-1"); err != nil {
					t.Fatal(err)
				}
				got, err := put(s).Response(w.Code, w.Header(), w.Body.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, *got); diff != "" {
					t.Errorf("output (-sent +read):\n%s", diff)
				}
			})
		}
	}
}

func TestBothSidesOfAnError(t *testing.T) {
	for name, s := range protocols {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			s.Refuse(&awswire.Error{Code: "GoneException", Message: `It "is" <gone>.`}, "id-1").Send(w, "id-1")
			_, err := put(s).Response(w.Code, w.Header(), w.Body.Bytes())
			want := &awswire.Error{Code: "Gone", Message: `It "is" <gone>.`, Status: http.StatusGone}
			if diff := cmp.Diff(want, err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrorsAsAWSWritesThem reads forms of errors that Muster itself doesn't write.
func TestErrorsAsAWSWritesThem(t *testing.T) {
	for _, tc := range []struct {
		name   string
		header string
		body   string
		want   awswire.Error
	}{
		{"a URI after the name", "GoneException:http://internal.amazon.com/coral/", `{"message":"m"}`, awswire.Error{Code: "GoneException", Message: "m"}},
		{"a namespace before the name", "", `{"__type":"com.amazon#GoneException","Message":"m"}`, awswire.Error{Code: "GoneException", Message: "m"}},
		{"modelled members", "", `{"code":"GoneException","message":"m","resourceId":"r"}`, awswire.Error{Code: "GoneException", Message: "m", Fields: map[string]string{"resourceId": "r"}}},
		{"no name at all", "", `{}`, awswire.Error{Code: "400"}},
		{"not JSON", "", `<html>`, awswire.Error{Code: "400", Message: "Bad Request"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			header := http.Header{}
			if tc.header != "" {
				header.Set("x-amzn-ErrorType", tc.header)
			}
			tc.want.Status = http.StatusBadRequest
			_, err := put(rest).Response(http.StatusBadRequest, header, []byte(tc.body))
			if diff := cmp.Diff(&tc.want, err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}
