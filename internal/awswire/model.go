// Package awswire speaks AWS's wire protocols restJson1, JSON 1.1 and Query
// from both sides: as a server it routes a request to its operation, decodes
// the input, checks it against the constraints of the model and encodes output
// or error; as a client it does the reverse.
//
// What an API looks like comes from its model, an api-2.json file trimmed by
// tools/generate; inputs and outputs are the Go structures generated beside
// it. The package knows nothing of signatures, callers or rules.
//
// Sources: the Smithy specifications of the three protocols,
// https://smithy.io/2.0/aws/protocols/, and what botocore sends and reads.
package awswire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// The protocols, as models name them.
const (
	restJSON = "rest-json"
	json11   = "json"
	query    = "query"
)

type model struct {
	Metadata   metadata              `json:"metadata"`
	Operations map[string]*operation `json:"operations"`
	Shapes     map[string]*shape     `json:"shapes"`

	routes *route               // restJson1 only
	codes  map[string]errorCode // by shape name and by code
}

type metadata struct {
	Protocol       string `json:"protocol"`
	APIVersion     string `json:"apiVersion"`
	EndpointPrefix string `json:"endpointPrefix"`
	SigningName    string `json:"signingName"`
	TargetPrefix   string `json:"targetPrefix"`
	XMLNamespace   string `json:"xmlNamespace"`
}

type operation struct {
	Name string `json:"name"`
	HTTP struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode"`
	} `json:"http"`
	Input  *ref  `json:"input"`
	Output *ref  `json:"output"`
	Errors []ref `json:"errors"`
}

type ref struct {
	Shape         string `json:"shape"`
	Location      string `json:"location"`
	LocationName  string `json:"locationName"`
	ResultWrapper string `json:"resultWrapper"`
}

type shape struct {
	Type      string          `json:"type"`
	Required  []string        `json:"required"`
	Members   map[string]*ref `json:"members"`
	Member    *ref            `json:"member"`
	Key       *ref            `json:"key"`
	Value     *ref            `json:"value"`
	Enum      []string        `json:"enum"`
	Min       *float64        `json:"min"`
	Max       *float64        `json:"max"`
	Pattern   string          `json:"pattern"`
	RE2       string          `json:"re2"`
	MinRunes  int             `json:"minRunes"`
	MaxRunes  int             `json:"maxRunes"`
	Sensitive bool            `json:"sensitive"`
	Error     *struct {
		Code           string `json:"code"`
		HTTPStatusCode int    `json:"httpStatusCode"`
	} `json:"error"`
}

type errorCode struct {
	code   string
	status int
}

// Service is one API. It reads its model on first use.
type Service struct {
	model  func() *model
	codecs sync.Map // operation name → *codec
}

// NewService makes the service of a trimmed model. A model that can't be read
// panics on first use: it is part of the program.
func NewService(text string) *Service {
	return &Service{model: sync.OnceValue(func() *model { return parse(text) })}
}

func parse(text string) *model {
	m := &model{codes: map[string]errorCode{}}
	if err := json.Unmarshal([]byte(text), m); err != nil {
		panic(fmt.Sprintf("awswire: model: %v", err))
	}
	for name, s := range m.Shapes {
		if s.Error == nil {
			continue
		}
		e := errorCode{code: name, status: http.StatusBadRequest}
		if s.Error.Code != "" {
			e.code = s.Error.Code
		}
		if s.Error.HTTPStatusCode != 0 {
			e.status = s.Error.HTTPStatusCode
		}
		m.codes[name], m.codes[e.code] = e, e
	}
	if m.Metadata.Protocol == restJSON {
		m.routes = newRoutes(m.Operations)
	}
	return m
}

// SigningName is the service of the credential scope, such as "iot".
func (s *Service) SigningName() string {
	m := s.model().Metadata
	if m.SigningName != "" {
		return m.SigningName
	}
	return m.EndpointPrefix
}

// TargetPrefix is what X-Amz-Target begins with, before the dot; empty except for JSON 1.1.
func (s *Service) TargetPrefix() string { return s.model().Metadata.TargetPrefix }

// Query reports whether the service speaks the Query protocol, whose errors
// have names of their own and come as XML.
func (s *Service) Query() bool { return s.model().Metadata.Protocol == query }

// Operations are the names of all operations of the API, implemented or not.
func (s *Service) Operations() []string {
	m := s.model()
	names := make([]string, 0, len(m.Operations))
	for name := range m.Operations {
		names = append(names, name)
	}
	return names
}
