package s3front

import (
	"encoding/xml"
	"net/http"
)

// ACLs are off: everything is its owner's, wholly, and an ACL can say that and
// nothing else. So none is kept.

type grantee struct {
	Instance string `xml:"xmlns:xsi,attr"`
	Type     string `xml:"xsi:type,attr"`
	ID       string
}

type grant struct {
	Grantee    grantee
	Permission string
}

type accessControl struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ AccessControlPolicy"`
	Owner   owner
	Grants  []grant `xml:"AccessControlList>Grant"`
}

func (f *Front) getBucketACL(w *answer, r *request) error {
	mine := ownerOf(r.row.Account)
	return answerXML(w, accessControl{Owner: mine, Grants: []grant{{
		Grantee:    grantee{Instance: "http://www.w3.org/2001/XMLSchema-instance", Type: "CanonicalUser", ID: mine.ID},
		Permission: "FULL_CONTROL",
	}}})
}

func (f *Front) putBucketACL(w *answer, r *request) error {
	if err := f.readACL(r); err != nil {
		return err
	}
	return done(w, http.StatusOK)
}

func (f *Front) getObjectACL(w *answer, r *request) error {
	o, err := f.Objects.Tags(r.Context(), r.ref(), r.judge)
	if err != nil {
		return err
	}
	taggedVersion(w, &o)
	return f.getBucketACL(w, r)
}

func (f *Front) putObjectACL(w *answer, r *request) error {
	if err := f.readACL(r); err != nil {
		return err
	}
	o, err := f.Objects.Tags(r.Context(), r.ref(), r.judge)
	if err != nil {
		return err
	}
	taggedVersion(w, &o)
	return done(w, http.StatusOK)
}

// aclShape is that of an ACL, which has 100 grants at most.
var aclShape = shape{bytes: 64 << 10, elements: 600, depth: 5}

var errBadACL = refusal(http.StatusBadRequest, "MalformedACLError", errMalformed.Message)

// readACL refuses an ACL that says anything but what is so. One in a header was
// looked at before: see harmlessACL.
func (f *Front) readACL(r *request) error {
	canned := r.Header.Get("X-Amz-Acl") != ""
	if r.ContentLength == 0 || canned {
		body, err := f.body(r, wholeBody)
		switch {
		case err != nil:
			return err
		case body.Size > 0:
			return refusal(http.StatusBadRequest, "UnexpectedContent", "This request does not support content")
		case !canned:
			return refusal(http.StatusBadRequest, "MissingSecurityHeader", "Your request was missing a required header").with("MissingHeaderName", "x-amz-acl")
		}
		return nil
	}
	var in struct {
		XMLName xml.Name `xml:"AccessControlPolicy"`
		Owner   single[struct {
			ID string
		}]
		List single[struct {
			Grants []struct {
				Grantee struct {
					Type string `xml:"type,attr"`
					ID   string
				}
				Permission string
			} `xml:"Grant"`
		}] `xml:"AccessControlList"`
	}
	switch _, err := f.readXML(r, aclShape, &in); {
	case err != nil && asError(err) == errMalformed, err == nil && (in.Owner.v == nil || in.List.v == nil):
		return errBadACL
	case err != nil:
		return err
	}
	mine := ownerOf(r.row.Account).ID
	if in.Owner.v.ID != mine || len(in.List.v.Grants) != 1 {
		return errNoACLs
	}
	if g := in.List.v.Grants[0]; g.Grantee.Type != "CanonicalUser" || g.Grantee.ID != mine || g.Permission != "FULL_CONTROL" {
		return errNoACLs
	}
	return nil
}
