package policy_test

import (
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"muster/internal/policy"
)

// full is a document of as many of the items as fit into the most characters
// that a policy may have, with what stands before, between and behind them.
func full(most int, before, behind string, item func(i int) string) string {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; ; i++ {
		next := item(i)
		if i > 0 {
			next = "," + next
		}
		if b.Len()+len(next)+len(behind) > most {
			break
		}
		b.WriteString(next)
	}
	return b.String() + behind
}

const (
	managed = 6144
	opening = `{"Version":"2012-10-17","Statement":[`
)

// ordinary are ten managed policies of the kind that AWS publishes, each of the
// most characters.
func ordinary(t testing.TB) []policy.Named { return ten(t, ordinaryDocument()) }

func ordinaryDocument() string {
	services := []string{"s3", "iot", "iam", "sagemaker", "kms", "logs", "ec2", "sns", "sqs", "lambda"}
	verbs := []string{"Get", "List", "Describe", "Create", "Delete", "Update", "Put", "Tag", "Start", "Stop"}
	nouns := []string{"Object", "Bucket*", "Policy", "Thing", "Stream", "Role*", "Model", "Job", "Fleet", "Configuration"}
	return full(managed, opening, `]}`, func(i int) string {
		s := services[i%len(services)]
		actions := full(500, ``, ``, func(j int) string { return fmt.Sprintf("%q", s+":"+verbs[j%10]+nouns[(i+j/10+j)%10]) })
		tail := `"Resource":"*"}`
		switch i % 3 {
		case 1:
			tail = `"Resource":["arn:aws:` + s + `:*:*:application/*","arn:aws:` + s + `:*:123456789012:fleet-${aws:PrincipalTag/team}/*"]}`
		case 2:
			tail = `"Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"},"StringLike":{"aws:ResourceTag/team":["red*","*blue*"]}}}`
		}
		return `{"Sid":"` + fmt.Sprint(i) + `","Effect":"Allow","Action":[` + actions + `],` + tail
	})
}

func ten(t testing.TB, document string) []policy.Named {
	t.Helper()
	doc, err := policy.Parse(document, policy.Identity)
	if err != nil {
		t.Fatalf("%v: %.300s", err, document)
	}
	docs := make([]policy.Named, 10)
	for i := range docs {
		docs[i] = policy.Named{Name: fmt.Sprint(i), Document: doc}
	}
	return docs
}

func request(key string) *policy.Request {
	c := policy.Context{}
	for i, name := range []string{"aws:PrincipalTag/team", "aws:PrincipalAccount", "aws:ResourceAccount", "aws:username", "aws:userid", "aws:PrincipalArn", "aws:SecureTransport"} {
		c.Set(name, fmt.Sprintf("value-%d", i))
	}
	c.Set("aws:CurrentTime", "2026-11-28T10:00:00Z")
	c.Set("aws:SourceIp", "192.0.2.1")
	c.Set("aws:UserAgent", strings.Repeat("a", 4000)+"c")
	c.Set("s3:prefix", strings.Repeat("a", 500)+strings.Repeat("c", 500))
	var tags []string
	for i := range 50 {
		tags = append(tags, fmt.Sprint("aaaa", i))
	}
	c.Set("aws:TagKeys", tags...)
	return &policy.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::" + key, Context: c}
}

// hostileDocuments are made to take long, and some of them for the request below.
func hostileDocuments() map[string]string {
	statement := func(more string) string { return opening + `{"Effect":"Deny","Action":"s3:*",` + more }
	resources := func(item func(i int) string) string {
		return full(managed, statement(`"Resource":[`), `]}]}`, func(i int) string { return `"arn:aws:s3:::` + item(i) + `"` })
	}
	condition := func(operator, key, item string) string {
		return full(managed, statement(`"Resource":"*","Condition":{"`+operator+`":{"`+key+`":[`), `]}}}]}`, func(int) string { return item })
	}
	return map[string]string{
		"one run of ?":          full(managed, statement(`"Resource":"arn:aws:s3:::*`), `d"}]}`, func(int) string { return strings.Repeat("?", 50) }),
		"many runs of ?":        resources(func(int) string { return strings.Repeat("?", 300) + "d" }),
		"? and a in turns":      resources(func(int) string { return "*" + strings.Repeat("a?", 200) + "d*" }),
		"a short a?b":           resources(func(int) string { return "*a?b*" }),
		"a short ab":            resources(func(int) string { return "*ab*" }),
		"many stars":            resources(func(int) string { return "*" + strings.Repeat("a*", 100) + "d" }),
		"many stars, then none": resources(func(int) string { return "*" + strings.Repeat("a*", 490) + "dd*" }),
		"long literals":         resources(func(int) string { return "*" + strings.Repeat("a", 400) + "d*" }),
		"variables":             resources(func(int) string { return "*${aws:UserAgent}*${aws:UserAgent}d" }),
		"short variables":       resources(func(int) string { return "*a${aws:username}*" }),
		"NotResource":           strings.ReplaceAll(resources(func(int) string { return "*a?b*" }), `"Resource"`, `"NotResource"`),
		"StringLike":            condition("StringLike", "s3:prefix", `"*a?d*"`),
		"StringNotLike":         condition("StringNotLike", "aws:UserAgent", `"*a?d*"`),
		"many values":           condition("ForAllValues:StringNotLike", "aws:TagKeys", `"*5?*"`),
		"many strict values":    condition("ForAllValues:StringNotEquals", "aws:TagKeys", `"b"`),
		"no case":               condition("ForAllValues:StringNotEqualsIgnoreCase", "aws:TagKeys", `"${aws:username}"`),
		"ARNs":                  condition("ArnLike", "aws:UserAgent", `"arn:*:*:*:*:*"`),
		"numbers that are none": condition("ForAllValues:NumericNotEquals", "aws:TagKeys", `1`),
		"dates": full(managed, opening, `]}`, func(int) string {
			return `{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2027"}}}`
		}),
		"dates that are none": full(managed, opening, `]}`, func(int) string {
			return `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:SourceIp":"2027"}}}`
		}),
		"addresses": condition("IpAddress", "aws:SourceIp", `"10.0.0.0/8"`),
		"actions":   full(managed, opening+`{"Effect":"Deny","Resource":"*","Action":[`, `]}]}`, func(int) string { return `"s3:*u*t*z"` }),
		"not those": full(managed, opening+`{"Effect":"Allow","Resource":"*","NotAction":[`, `]}]}`, func(int) string { return `"s3:?u?"` }),
		"statements": full(managed, opening, `]}`, func(int) string {
			return `{"Effect":"Allow","Action":"*","NotResource":"*"}`
		}),
	}
}

// No document makes a decision take more than ten times what an ordinary one
// takes. What would is denied, and says so.
func TestNoDocumentTakesTenTimesAsLong(t *testing.T) {
	docs, r := ordinary(t), request("fleet-red/pump-7/capture/2026/11/28/0001.bin")
	took := policy.Steps(docs, r)
	if took > policy.OrdinarySteps || took < policy.OrdinarySteps/3 {
		t.Errorf("an ordinary decision takes %d steps, not about %d", took, policy.OrdinarySteps)
	}
	h := request(strings.Repeat("a", 500) + strings.Repeat("c", 500) + "b")
	for name, document := range hostileDocuments() {
		hostile := ten(t, document)
		t.Run(name, func(t *testing.T) {
			limit := policy.Limit(hostile)
			said, steps := policy.Decide(hostile, h), policy.Steps(hostile, h)
			if said.Costly != (steps > limit) || said.Costly && said.Verdict != deny {
				t.Errorf("after %d steps: got %+v", steps, said)
			}
			var usual, took time.Duration
			for range 5 {
				usual, took = fastest(func() { policy.Decide(docs, r) }, func() { policy.Decide(hostile, h) })
				if took < 10*usual {
					break // the others were disturbed
				}
			}
			t.Logf("%d steps, %.1f times as long as ordinarily, which is %v", steps, float64(took)/float64(usual), usual)
			if took > 15*usual {
				t.Errorf("it takes %v, an ordinary one %v", took, usual)
			}
		})
	}
}

// fastest returns how long each takes that is measured in turns with the other,
// when neither is disturbed.
func fastest(a, b func()) (first, second time.Duration) {
	first, second = time.Hour, time.Hour
	for range 30 {
		began := time.Now()
		a()
		between := time.Now()
		b()
		first, second = min(first, between.Sub(began)), min(second, time.Since(between))
	}
	return first, second
}

// A document takes memory in the order of its text, and says how much.
func TestWeight(t *testing.T) {
	documents := map[string]string{}
	maps.Copy(documents, hostileDocuments())
	documents["of ordinary kind"] = ordinaryDocument()
	documents["a session policy"] = opening + `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + strings.Repeat("?", 1900) + `"}]}`
	for name, document := range documents {
		t.Run(name, func(t *testing.T) {
			docs := make([]*policy.Document, 10)
			before := live()
			for i := range docs {
				docs[i], _ = policy.Parse(document, policy.Identity)
			}
			took := int(live()-before) / len(docs)
			weight := docs[0].Weight()
			if weight > 20*len(document) {
				t.Errorf("%d characters weigh %d bytes", len(document), weight)
			}
			if took > weight*5/4+1000 || took < weight/2-1000 {
				t.Errorf("it weighs %d bytes and takes %d", weight, took)
			}
			runtime.KeepAlive(docs)
		})
	}
}

// live returns the bytes that are in use.
func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
