// Command go registers a device fleet and lets a device turn its certificate
// into credentials, with the AWS SDK for Go v2. ../register_fleet.ipynb
// explains each step.
//
//	bin/muster serve &
//	eval "$(bin/muster env)"
//	go run -C examples/go .          # cleans up behind itself
//	go run -C examples/go . -keep    # leaves what it made, and the device's files here
//
// It is a module of its own: the SDK takes minutes to compile the first time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iot"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func main() {
	keep := flag.Bool("keep", false, "leave what was made")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *keep); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, keep bool) error {
	if os.Getenv("AWS_ENDPOINT_URL") == "" {
		return errors.New(`AWS_ENDPOINT_URL is not set: run  eval "$(muster env)"  first`)
	}
	// The configuration comes from the environment: server, key, region, and
	// the certificates to trust where the API is on TLS.
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	f := newFleet(cfg, time.Now())
	for _, step := range []func(context.Context) error{
		f.setUp, f.create, f.certify, f.findProvider, f.exchange, f.storeFiles, f.useCredentials,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if keep {
		fmt.Println("kept        fleet", f.name, "bucket", f.bucket)
		return nil
	}
	if err := f.lockOut(ctx); err != nil {
		return err
	}
	return f.cleanUp(ctx)
}

// clients are those of the five services, with one key.
type clients struct {
	s3        *s3.Client
	iam       *iam.Client
	iot       *iot.Client
	sagemaker *sagemaker.Client
	sts       *sts.Client
}

func newClients(cfg aws.Config) clients {
	return clients{
		// Path style spares a wildcard DNS name for buckets where the server has a host name.
		s3:        s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		iam:       iam.NewFromConfig(cfg),
		iot:       iot.NewFromConfig(cfg),
		sagemaker: sagemaker.NewFromConfig(cfg),
		sts:       sts.NewFromConfig(cfg),
	}
}

// storeFiles puts the device's files into the bucket, from where they are
// brought onto it.
func (f *fleet) storeFiles(ctx context.Context) error {
	for _, name := range files {
		content, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = f.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &f.bucket, Key: new("authorization-files/" + name), Body: content})
		content.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// useCredentials shows what the credentials open, and what they don't.
func (f *fleet) useCredentials(ctx context.Context) error {
	cfg := f.cfg.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(f.got.AccessKeyID, f.got.SecretAccessKey, f.got.SessionToken)
	f.device = newClients(cfg)
	identity, err := f.device.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	fmt.Println("identity   ", *identity.Arn)
	if err := f.write(ctx, "device_output/sample.jsonl"); err != nil {
		return err
	}
	_, err = f.device.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &f.bucket, Key: new("authorization-files/private.pem.key")})
	if err := refused("AccessDenied", "read", err); err != nil {
		return err
	}
	_, err = f.device.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &f.bucket})
	if err := refused("AccessDenied", "list", err); err != nil {
		return err
	}
	_, err = f.device.iot.CreateThing(ctx, &iot.CreateThingInput{ThingName: new("uninvited")})
	return refused("AccessDeniedException", "create a thing", err)
}

// write puts an object with the device's credentials.
func (f *fleet) write(ctx context.Context, key string) error {
	body := strings.NewReader(`{"celsius": 21.5}` + "\n")
	_, err := f.device.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &f.bucket, Key: &key, Body: body})
	return err
}

// refused fails unless err is the refusal with the code.
func refused(code, what string, err error) error {
	var api smithy.APIError
	switch {
	case err == nil:
		return fmt.Errorf("%s was allowed", what)
	case errors.As(err, &api) && api.ErrorCode() == code:
		fmt.Println("refused    ", what, code)
		return nil
	default:
		return fmt.Errorf("%s: got %w, want %s", what, err, code)
	}
}
