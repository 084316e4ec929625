package apply

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"time"

	"muster/internal/awsapi/adminapi"
	"muster/internal/awsclient"
)

// The lists of rules have the names that the AWS CLI's JSON has, and those of
// S3's XML.
type (
	bucket struct {
		Name       string          `yaml:"name"`
		Versioning string          `yaml:"versioning"`
		Lifecycle  []lifecycleRule `yaml:"lifecycle"`
		CORS       []corsRule      `yaml:"cors"`
		Quota      *quota          `yaml:"quota"`
	}
	quota struct {
		MaxBytes         *int64 `yaml:"maxBytes"`
		MaxObjects       *int64 `yaml:"maxObjects"`
		WriterMaxBytes   *int64 `yaml:"writerMaxBytes"`
		WriterMaxObjects *int64 `yaml:"writerMaxObjects"`
	}
	lifecycleRule struct {
		ID         string           `yaml:"ID" xml:",omitempty"`
		Filter     *lifecycleFilter `yaml:"Filter"`
		Prefix     *string          `yaml:"Prefix"`
		Status     string           `yaml:"Status"`
		Expiration *struct {
			Date    string `yaml:"Date" xml:",omitempty"`
			Days    int    `yaml:"Days" xml:",omitempty"`
			Markers *bool  `yaml:"ExpiredObjectDeleteMarker" xml:"ExpiredObjectDeleteMarker"`
		} `yaml:"Expiration"`
		Noncurrent *struct {
			Newer int `yaml:"NewerNoncurrentVersions" xml:"NewerNoncurrentVersions,omitempty"`
			Days  int `yaml:"NoncurrentDays" xml:"NoncurrentDays,omitempty"`
		} `yaml:"NoncurrentVersionExpiration" xml:"NoncurrentVersionExpiration"`
		Abort *struct {
			Days int `yaml:"DaysAfterInitiation" xml:"DaysAfterInitiation"`
		} `yaml:"AbortIncompleteMultipartUpload" xml:"AbortIncompleteMultipartUpload"`
	}
	lifecycleFilter struct {
		Prefix *string `yaml:"Prefix"`
	}
	corsRule struct {
		ID      string   `yaml:"ID" xml:",omitempty"`
		Headers []string `yaml:"AllowedHeaders" xml:"AllowedHeader"`
		Methods []string `yaml:"AllowedMethods" xml:"AllowedMethod"`
		Origins []string `yaml:"AllowedOrigins" xml:"AllowedOrigin"`
		Expose  []string `yaml:"ExposeHeaders" xml:"ExposeHeader"`
		MaxAge  *int     `yaml:"MaxAgeSeconds" xml:"MaxAgeSeconds"`
	}
)

// The documents of S3, read in any namespace.
type (
	versioningDocument struct {
		XMLName xml.Name `xml:"VersioningConfiguration"`
		Status  string   `xml:",omitempty"`
	}
	lifecycleDocument struct {
		XMLName xml.Name        `xml:"LifecycleConfiguration"`
		Rules   []lifecycleRule `xml:"Rule"`
	}
	corsDocument struct {
		XMLName xml.Name   `xml:"CORSConfiguration"`
		Rules   []corsRule `xml:"CORSRule"`
	}
	bucketDocument struct {
		XMLName  xml.Name `xml:"CreateBucketConfiguration"`
		Location string   `xml:"LocationConstraint"`
	}
)

// defaultRegion is the one whose buckets have no location constraint.
const defaultRegion = "us-east-1"

func (c *caller) bucket(ctx context.Context, s *step, x bucket) error {
	target := "/" + url.PathEscape(x.Name)
	_, err := c.S3(ctx, http.MethodGet, target+"?location", "")
	if refusedWith(err, "NoSuchBucket") {
		err = s.create(func() error {
			if c.Region == defaultRegion {
				_, err := c.S3(ctx, http.MethodPut, target, "")
				return err
			}
			return c.putXML(ctx, target, bucketDocument{Location: c.Region})
		})
	}
	if err != nil || s.foreseen() {
		return err
	}
	for _, part := range []func(context.Context, *step, string, bucket) error{c.versioning, c.lifecycle, c.cors} {
		if err := part(ctx, s, target, x); err != nil {
			return err
		}
	}
	return c.quota(ctx, s, x)
}

func (c *caller) versioning(ctx context.Context, s *step, target string, x bucket) error {
	if x.Versioning == "" {
		return nil
	}
	var now versioningDocument
	if err := c.getXML(ctx, target+"?versioning", &now); err != nil || now.Status == x.Versioning {
		return err
	}
	return s.change("versioning", func() error {
		return c.putXML(ctx, target+"?versioning", versioningDocument{Status: x.Versioning})
	})
}

func (c *caller) lifecycle(ctx context.Context, s *step, target string, x bucket) error {
	if len(x.Lifecycle) == 0 {
		return nil
	}
	var now lifecycleDocument
	err := c.getXML(ctx, target+"?lifecycle", &now)
	if err != nil && !refusedWith(err, "NoSuchLifecycleConfiguration") {
		return err
	}
	if sameRules(x.Lifecycle, now.Rules, func(r *lifecycleRule) *string { return &r.ID }, normalDate) {
		return nil
	}
	return s.change("lifecycle", func() error {
		rules := slices.Clone(x.Lifecycle)
		for i := range rules {
			normalDate(&rules[i])
		}
		return c.putXML(ctx, target+"?lifecycle", lifecycleDocument{Rules: rules})
	})
}

// normalDate writes the date of a rule in one way of the many. S3 wants
// midnight, so that a day alone says as much.
func normalDate(r *lifecycleRule) {
	if r.Expiration == nil || r.Expiration.Date == "" {
		return
	}
	for _, form := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(form, r.Expiration.Date); err == nil {
			e := *r.Expiration
			e.Date = at.UTC().Format(time.RFC3339)
			r.Expiration = &e
			return
		}
	}
}

func (c *caller) cors(ctx context.Context, s *step, target string, x bucket) error {
	if len(x.CORS) == 0 {
		return nil
	}
	var now corsDocument
	err := c.getXML(ctx, target+"?cors", &now)
	if err != nil && !refusedWith(err, "NoSuchCORSConfiguration") {
		return err
	}
	if sameRules(x.CORS, now.Rules, func(r *corsRule) *string { return &r.ID }, func(*corsRule) {}) {
		return nil
	}
	return s.change("cors", func() error { return c.putXML(ctx, target+"?cors", corsDocument{Rules: x.CORS}) })
}

// sameRules compares rules. The id of one that the file gives none is S3's own
// choice, and is left out of it.
func sameRules[T any](wanted, now []T, id func(*T) *string, normal func(*T)) bool {
	if len(wanted) != len(now) {
		return false
	}
	for i := range wanted {
		a, b := wanted[i], now[i]
		if *id(&a) == "" {
			*id(&b) = ""
		}
		normal(&a)
		normal(&b)
		if !sameXML(a, b) {
			return false
		}
	}
	return true
}

// sameXML reports whether both would be sent alike: there an empty list is none.
func sameXML(a, b any) bool {
	x, xErr := xml.Marshal(a)
	y, yErr := xml.Marshal(b)
	return xErr == nil && yErr == nil && reflect.DeepEqual(x, y)
}

// quota is Muster's own: AWS has none. Fields that the file doesn't have stay,
// but that a writer's share follows the bucket's where only that is changed.
func (c *caller) quota(ctx context.Context, s *step, x bucket) error {
	if x.Quota == nil {
		return nil
	}
	found, err := awsclient.Do(ctx, c.Client, adminapi.GetBucketQuota, &adminapi.GetBucketQuotaRequest{Bucket: x.Name})
	if err != nil {
		return err
	}
	now := value(found.Quota)
	if !value(found.Own) {
		now = adminapi.Quota{} // what is found is the server's for all
	}
	wanted := adminapi.Quota{}
	same := value(found.Own)
	for _, f := range []struct {
		wanted, now, share, writer *int64
		put, putWriter             **int64
	}{
		{x.Quota.MaxBytes, now.MaxBytes, x.Quota.WriterMaxBytes, now.WriterMaxBytes, &wanted.MaxBytes, &wanted.WriterMaxBytes},
		{x.Quota.MaxObjects, now.MaxObjects, x.Quota.WriterMaxObjects, now.WriterMaxObjects, &wanted.MaxObjects, &wanted.WriterMaxObjects},
	} {
		*f.put, *f.putWriter = f.now, f.writer
		if f.wanted != nil && *f.wanted != value(f.now) {
			*f.put, *f.putWriter, same = f.wanted, nil, false
		}
		if f.share != nil && (*f.putWriter == nil || *f.share != **f.putWriter) {
			same = same && *f.share == value(f.writer)
			*f.putWriter = f.share
		}
	}
	if same {
		return nil
	}
	return s.change("quota", func() error {
		_, err := awsclient.Do(ctx, c.Client, adminapi.PutBucketQuota, &adminapi.PutBucketQuotaRequest{Bucket: x.Name, Quota: &wanted})
		return err
	})
}

func (c *caller) getXML(ctx context.Context, target string, into any) error {
	said, err := c.S3(ctx, http.MethodGet, target, "")
	if err != nil {
		return err
	}
	if err := xml.Unmarshal([]byte(said), into); err != nil {
		return &plainError{fmt.Sprintf("GET %s: %v", target, err)}
	}
	return nil
}

func (c *caller) putXML(ctx context.Context, target string, document any) error {
	text, err := xml.Marshal(document)
	if err != nil {
		return err
	}
	_, err = c.S3(ctx, http.MethodPut, target, string(text))
	return err
}
