package s3front

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"

	"muster/internal/bucket"
)

// What is here may be set only to what is so anyway: every object is encrypted,
// nothing is public, and everything is the bucket owner's. It is kept because
// clients read back what they set and deleted.

// remove serves the deletion of what a bucket has from the start.
func remove(k bucket.Kind) func(*Front, *answer, *request) error {
	return func(f *Front, w *answer, r *request) error {
		if err := f.Buckets.Show(r.Context(), r.target.bucket, k, false); err != nil {
			return configError(r, err)
		}
		return done(w, http.StatusNoContent)
	}
}

// confirm keeps that a bucket has what it has from the start.
func (f *Front) confirm(w *answer, r *request, k bucket.Kind) error {
	if err := f.Buckets.Show(r.Context(), r.target.bucket, k, true); err != nil {
		return configError(r, err)
	}
	return done(w, http.StatusOK)
}

// accessBlock is the public access block. Its elements are in S3's order.
type accessBlock struct {
	XMLName                                                                     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ PublicAccessBlockConfiguration"`
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
}

func (f *Front) getPublicAccessBlock(w *answer, r *request) error {
	switch shown, err := f.Buckets.Shows(r.Context(), r.target.bucket, bucket.PublicAccessBlock); {
	case err != nil:
		return err
	case !shown:
		return notConfigured(r, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	return answerXML(w, accessBlock{BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true})
}

func (f *Front) putPublicAccessBlock(w *answer, r *request) error {
	var in struct {
		XMLName                                                                     xml.Name `xml:"PublicAccessBlockConfiguration"`
		BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets single[bool]
		Other                                                                       []unheard `xml:",any"`
	}
	if _, err := f.readXML(r, smallShape, &in); err != nil {
		return err
	}
	if err := refuseUnheard(in.Other); err != nil {
		return err
	}
	given := 0
	var open string
	for _, e := range []struct {
		name string
		said single[bool]
	}{
		{"BlockPublicAcls", in.BlockPublicAcls}, {"IgnorePublicAcls", in.IgnorePublicAcls},
		{"BlockPublicPolicy", in.BlockPublicPolicy}, {"RestrictPublicBuckets", in.RestrictPublicBuckets},
	} {
		if e.said.v != nil {
			given++
		}
		if !e.said.or(false) && open == "" {
			open = e.name
		}
	}
	switch {
	case given == 0:
		return badRequest("Must specify at least one configuration.")
	case open != "":
		return notBuilt(fmt.Sprintf("PutPublicAccessBlock without %s true (nothing can be public here)", open))
	}
	return f.confirm(w, r, bucket.PublicAccessBlock)
}

type ownershipRule struct{ ObjectOwnership string }

func (f *Front) getOwnership(w *answer, r *request) error {
	switch shown, err := f.Buckets.Shows(r.Context(), r.target.bucket, bucket.OwnershipControls); {
	case err != nil:
		return err
	case !shown:
		return notConfigured(r, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
	}
	return answerXML(w, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ OwnershipControls"`
		Rule    ownershipRule
	}{Rule: ownershipRule{"BucketOwnerEnforced"}})
}

func (f *Front) putOwnership(w *answer, r *request) error {
	var in struct {
		XMLName xml.Name `xml:"OwnershipControls"`
		Rule    single[struct{ ObjectOwnership single[string] }]
		Other   []unheard `xml:",any"`
	}
	if _, err := f.readXML(r, smallShape, &in); err != nil {
		return err
	}
	if err := refuseUnheard(in.Other); err != nil {
		return err
	}
	if in.Rule.v == nil {
		return errMalformed
	}
	switch who := in.Rule.v.ObjectOwnership.or(""); who {
	case "BucketOwnerEnforced":
		return f.confirm(w, r, bucket.OwnershipControls)
	case "BucketOwnerPreferred", "ObjectWriter":
		return notBuilt("PutBucketOwnershipControls with ObjectOwnership " + who)
	}
	return errMalformed
}

// encryptsAll reports whether the store encrypts every object: an external one
// doesn't say.
func (f *Front) encryptsAll() bool { return f.Encrypted == aes256 }

const aes256 = "AES256"

// notHere refuses an operation that only makes sense with Muster's own store.
func notHere(r *request) error { return notBuilt(r.op.name + " with an external object store") }

type encryptionRule struct {
	Algorithm string           `xml:"ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
	BucketKey bool             `xml:"BucketKeyEnabled"`
	Blocked   *encryptionTypes `xml:"BlockedEncryptionTypes"`
}

type encryptionTypes struct{ EncryptionType string }

func (f *Front) getEncryption(w *answer, r *request) error {
	if !f.encryptsAll() {
		return notHere(r)
	}
	kept, err := f.Buckets.Encryption(r.Context(), r.target.bucket)
	if err != nil {
		return err
	}
	rule := encryptionRule{Algorithm: aes256, BucketKey: kept.BucketKey}
	if kept.BlocksSSEC {
		rule.Blocked = &encryptionTypes{"SSE-C"}
	}
	return answerXML(w, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ServerSideEncryptionConfiguration"`
		Rule    encryptionRule
	}{Rule: rule})
}

func (f *Front) deleteEncryption(w *answer, r *request) error {
	if !f.encryptsAll() {
		return notHere(r)
	}
	return unset(bucket.DefaultEncryption)(f, w, r)
}

func (f *Front) putEncryption(w *answer, r *request) error {
	if !f.encryptsAll() {
		return notHere(r)
	}
	var in struct {
		XMLName xml.Name `xml:"ServerSideEncryptionConfiguration"`
		Rule    single[struct {
			Default single[struct {
				Algorithm single[string] `xml:"SSEAlgorithm"`
				Key       single[string] `xml:"KMSMasterKeyID"`
				Other     []unheard      `xml:",any"`
			}] `xml:"ApplyServerSideEncryptionByDefault"`
			BucketKey single[bool] `xml:"BucketKeyEnabled"`
			Blocked   single[struct {
				Types []string  `xml:"EncryptionType"`
				Other []unheard `xml:",any"`
			}] `xml:"BlockedEncryptionTypes"`
			Other []unheard `xml:",any"`
		}]
		Other []unheard `xml:",any"`
	}
	if _, err := f.readXML(r, smallShape, &in); err != nil {
		return err
	}
	rule := in.Rule.v
	if rule == nil || rule.Default.v == nil && rule.Blocked.v == nil {
		return errMalformed
	}
	byDefault, blocked := rule.Default.v, rule.Blocked.v
	kept := bucket.Encryption{BucketKey: rule.BucketKey.or(false)}
	if err := refuseUnheard(in.Other, rule.Other); err != nil {
		return err
	}
	if byDefault != nil {
		if err := refuseUnheard(byDefault.Other); err != nil {
			return err
		}
		switch algorithm := byDefault.Algorithm.or(""); {
		case slices.Contains([]string{"aws:kms", "aws:kms:dsse", "aws:fsx"}, algorithm):
			return notBuilt("PutBucketEncryption with " + algorithm)
		case algorithm != aes256:
			return errMalformed
		case byDefault.Key.v != nil:
			return badArgument("KMSMasterKeyID", *byDefault.Key.v, "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
		}
	}
	if blocked != nil {
		if err := refuseUnheard(blocked.Other); err != nil {
			return err
		}
		switch {
		case slices.Equal(blocked.Types, []string{"SSE-C"}):
			kept.BlocksSSEC = true
		case slices.Equal(blocked.Types, []string{"NONE"}):
			return notBuilt("PutBucketEncryption that doesn't block SSE-C")
		default:
			return errMalformed
		}
	}
	if err := f.Buckets.SetEncryption(r.Context(), r.target.bucket, kept); err != nil {
		return configError(r, err)
	}
	return done(w, http.StatusOK)
}
