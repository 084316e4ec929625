package s3front

import (
	"encoding/xml"
	"net/http"

	"muster/internal/bucket"
)

// corsShape is that of S3's 64 KiB: none of its elements has less than 30 bytes.
var corsShape = shape{bytes: 64 << 10, elements: 3000, depth: 3}

type corsIn struct {
	ID      single[string]
	Origins []string    `xml:"AllowedOrigin"`
	Methods []string    `xml:"AllowedMethod"`
	Headers []string    `xml:"AllowedHeader"`
	Expose  []string    `xml:"ExposeHeader"`
	MaxAge  single[int] `xml:"MaxAgeSeconds"`
	Other   []unheard   `xml:",any"`
}

// corsOut has its elements in S3's order.
type corsOut struct {
	ID      string   `xml:",omitempty"`
	Headers []string `xml:"AllowedHeader"`
	Methods []string `xml:"AllowedMethod"`
	Origins []string `xml:"AllowedOrigin"`
	Expose  []string `xml:"ExposeHeader"`
	MaxAge  *int     `xml:"MaxAgeSeconds"`
}

func (f *Front) putCORS(w *answer, r *request) error {
	var in struct {
		XMLName xml.Name  `xml:"CORSConfiguration"`
		Rules   []corsIn  `xml:"CORSRule"`
		Other   []unheard `xml:",any"`
	}
	if _, err := f.readXML(r, corsShape, &in); err != nil {
		return err
	}
	if err := refuseUnheard(in.Other); err != nil {
		return err
	}
	var rules []bucket.CORSRule
	for _, rule := range in.Rules {
		if len(rule.Other) > 0 || rule.MaxAge.or(0) > mostDays {
			return errMalformed
		}
		rules = append(rules, bucket.CORSRule{ID: rule.ID.or(""), AllowedOrigins: rule.Origins, AllowedMethods: rule.Methods,
			AllowedHeaders: rule.Headers, ExposeHeaders: rule.Expose, MaxAge: rule.MaxAge.v})
	}
	if err := f.Buckets.SetCORS(r.Context(), r.target.bucket, rules); err != nil {
		return configError(r, err)
	}
	return done(w, http.StatusOK)
}

func (f *Front) getCORS(w *answer, r *request) error {
	rules, err := f.Buckets.CORS(r.Context(), r.target.bucket)
	if err != nil {
		return orNotConfigured(r, err, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
	}
	out := struct {
		XMLName xml.Name  `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CORSConfiguration"`
		Rules   []corsOut `xml:"CORSRule"`
	}{}
	for _, rule := range rules {
		out.Rules = append(out.Rules, corsOut{rule.ID, rule.AllowedHeaders, rule.AllowedMethods, rule.AllowedOrigins, rule.ExposeHeaders, rule.MaxAge})
	}
	return answerXML(w, out)
}
