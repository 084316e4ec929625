package externals3

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"

	"muster/internal/fault"
	"muster/internal/objects"
)

// Vacant fails with fault.AlreadyExists where the store has a bucket of that
// name, whoever's it is, unless buckets are to be adopted.
//
// Who creates a bucket asks it before a row says that the bucket is Muster's,
// and MakeBucket after that. So a bucket that a row names is one that Muster
// made, or was told to adopt, and MakeBucket may finish it after a crash.
func (s *Store) Vacant(ctx context.Context, bucket string) error {
	if s.Adopt {
		return nil
	}
	_, err := s.simple(ctx, call{method: http.MethodHead, ref: objects.Ref{Bucket: bucket}})
	switch {
	case errors.Is(err, objects.NoBucket):
		return nil
	case errors.Is(err, objects.Busy), ctx.Err() != nil:
		return err
	}
	// Any other answer, also that it may not be looked at or lies in another
	// region, is one about a bucket.
	return errTaken
}

var errTaken = fault.AlreadyExists.Errorf("The object store has a bucket of that name already, which Muster did not make.")

type bucketConfiguration struct {
	XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CreateBucketConfiguration"`
	LocationConstraint string
}

// defaultRegion is the one that is not named when a bucket is made.
const defaultRegion = "us-east-1"

// MakeBucket makes room for a bucket. It is not an error if there is room
// already; but see Vacant.
func (s *Store) MakeBucket(ctx context.Context, bucket string) error {
	c := call{method: http.MethodPut, ref: objects.Ref{Bucket: bucket}}
	if s.region != defaultRegion {
		data, err := xml.Marshal(bucketConfiguration{LocationConstraint: s.region})
		if err != nil {
			return err
		}
		c.body = document(data)
	}
	_, err := s.simple(ctx, c)
	if errors.Is(err, errOwned) {
		return nil
	}
	return err
}

// RemoveBucket fails with fault.InUse while the bucket holds an object. Whether
// uploads that are under way go with it is the store's: on S3 they do.
func (s *Store) RemoveBucket(ctx context.Context, bucket string) error {
	_, err := s.simple(ctx, call{method: http.MethodDelete, ref: objects.Ref{Bucket: bucket}})
	if errors.Is(err, objects.NoBucket) {
		return nil
	}
	return err
}

type versioning struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ VersioningConfiguration"`
	Status  objects.Versioning
}

// Versioning returns whether the bucket keeps versions.
func (s *Store) Versioning(ctx context.Context, bucket string) (objects.Versioning, error) {
	c := call{method: http.MethodGet, ref: objects.Ref{Bucket: bucket}, query: params{"versioning": ""}}
	resp, err := s.do(ctx, c)
	if err != nil {
		return "", err
	}
	var found objects.Versioning
	err = eachChild(resp, c, maxSmall, "VersioningConfiguration", func(e *element) error {
		if e.name() != "Status" {
			return nil
		}
		return e.read(&found)
	})
	switch {
	case err != nil:
		return "", err
	case found != objects.NeverVersioned && found != objects.Enabled && found != objects.Suspended:
		return "", errors.New("the object store says that a bucket's versioning is " + printable(string(found)))
	}
	return found, nil
}

// SetVersioning changes whether the bucket keeps versions.
func (s *Store) SetVersioning(ctx context.Context, bucket string, v objects.Versioning) error {
	data, err := xml.Marshal(versioning{Status: v})
	if err != nil {
		return err
	}
	_, err = s.simple(ctx, call{method: http.MethodPut, ref: objects.Ref{Bucket: bucket}, query: params{"versioning": ""}, body: document(data)})
	return err
}
