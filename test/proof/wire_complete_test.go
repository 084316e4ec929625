package proof

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster/internal/server"
)

// Every operation that Muster answers is in the transcripts: with success, with
// the refusal of a caller without the permission, and with each error that
// AWS's model of it names and that is not in neverAnswered.
func TestWireIsComplete(t *testing.T) {
	seen := map[string]map[string]bool{}
	files, err := filepath.Glob("testdata/wire/*/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, e := range readTranscript(t, file) {
			operation, what, ok := strings.Cut(e.title, ": ")
			if !ok || what == "" {
				t.Errorf("%s: %q is no title", file, e.title)
			}
			if seen[operation] == nil {
				seen[operation] = map[string]bool{}
			}
			seen[operation][e.code()] = true
		}
	}
	open := map[string]bool{}
	for _, c := range calls() {
		open[c.service+" "+c.name] = c.open != ""
	}
	models := map[string]wireModel{}
	for _, service := range []string{"iam", "iot", "muster", "sagemaker", "sts"} {
		models[service] = readWireModel(t, service)
	}
	exchanged := 0
	for _, o := range server.Operations() {
		if !o.Built {
			continue
		}
		name := o.Service + " " + o.Name
		needed := []string{success}
		if o.Service == "s3" {
			needed = append(needed, strings.Fields(s3Errors[o.Name])...)
		} else {
			needed = append(needed, models[o.Service].errors(o.Name)...)
			if breach := breachOf[o.Service]; breach != "" && models[o.Service].Operations[o.Name].Input != nil {
				needed = append(needed, breach)
			}
			if !open[name] {
				needed = append(needed, denialOf[o.Service])
			}
		}
		var missing []string
		for _, code := range needed {
			if !seen[name][code] && !isNeverAnswered(name, code) {
				missing = append(missing, code)
			}
			if seen[name][code] {
				exchanged++
			}
		}
		if missing != nil {
			t.Errorf("%s: no transcript of %s", name, strings.Join(missing, ", "))
		}
	}
	for _, n := range neverAnswered {
		for operation, codes := range seen {
			if codes[n.code] && n.matches(operation, n.code) {
				t.Errorf("%s answers %s, which is said to happen never: %s", operation, n.code, n.why)
			}
		}
	}
	t.Logf("%d pairs of operation and answer in the transcripts", exchanged)
}

// denialOf is how each service refuses callers without the permission.
var denialOf = map[string]string{"iam": "AccessDenied", "sts": "AccessDenied", "iot": "AccessDeniedException", "sagemaker": "AccessDeniedException", "muster": "AccessDeniedException"}

// breachOf is how services answer to inputs that break a constraint of the
// model, which the model's operations don't name.
var breachOf = map[string]string{"iam": "ValidationError", "sts": "ValidationError", "sagemaker": "ValidationException"}

// neverAnswered are errors of AWS's models that Muster doesn't answer with.
var neverAnswered = []never{
	{"iot *", "ThrottlingException", "Muster has no rate limits"},
	{"iot *", "ServiceUnavailableException", "answered when the database fails, which no client brings about"},
	{"iot *", "InternalFailureException", "a bug's answer"},
	{"iot *", "UnauthorizedException", "AWS answers AccessDeniedException to callers without the permission, and so does Muster"},
	{"iot CreateKeysAndCertificate", "InvalidRequestException", "its one member is a boolean, and what is none can't be read: SerializationException"},
	{"iot CreateRoleAlias", "LimitExceededException", "Muster has no limit to the role aliases of an account"},
	{"iot DeleteRoleAlias", "DeleteConflictException", "nothing that is built keeps a role alias from being deleted"},
	{"iot DetachPolicy", "LimitExceededException", "it adds nothing"},
	{"iot GetEffectivePolicies", "LimitExceededException", "it adds nothing"},
	{"iot List*", "LimitExceededException", "it adds nothing"},
	{"iot TestAuthorization", "LimitExceededException", "it adds nothing"},
	{"iot RegisterCertificateWithoutCA", "CertificateStateException", "no status of a certificate keeps it from being registered elsewhere, and here it is there already"},
	{"iot DeleteThing", "ResourceNotFoundException", "deleting what is not there succeeds, as AWS's page says"},
	{"iam *", "ServiceFailure", "a bug's answer"},
	{"iam *", "ConcurrentModification", "writes of one account wait for each other"},
	{"iam *", "UnmodifiableEntity", "said of service-linked roles, which Muster has none of"},
	{"iam Simulate*", "PolicyEvaluation", "a policy that can be read can be evaluated"},
	{"iam De*", "LimitExceeded", "to delete or detach is to exceed nothing"},
	{"iam SetDefaultPolicyVersion", "LimitExceeded", "a policy has one default version before and after"},
	{"iam UpdateAccessKey", "LimitExceeded", "a user's keys are counted whether they are active or not"},
	{"iam UpdateUser", "LimitExceeded", "there are as many users after it as before"},
	{"iam UpdateUser", "EntityTemporarilyUnmodifiable", "said of a user just deleted and made again, which is over at once"},
	{"iam CreateUser", "NoSuchEntity", "said of a permissions boundary, which isn't built"},
	{"iam CreateUser", "LimitExceeded", "answered from 5000 users on, too many for a transcript; the suite of the stores has it"},
	{"sagemaker Describe*", "ResourceNotFound", "AWS answered ValidationException, which Terraform looks for"},
	{"sagemaker CreateDeviceFleet", "ResourceLimitExceeded", "Muster has no limit to the fleets of an account"},
	{"sagemaker RegisterDevices", "ResourceLimitExceeded", "Muster has no limit to the devices of a fleet"},
	{"sagemaker DeleteDeviceFleet", "ResourceInUse", "a fleet goes with its devices, and nothing else that is built uses it"},
	{"sagemaker UpdateDeviceFleet", "ResourceInUse", "said when two updates meet, which no transcript brings about"},
	{"muster GetObjectStore", "ValidationException", "its input has no members to break"},
	{"muster RemoveOrphans", "ValidationException", "its input has no members to break"},
	{"s3 GetBucketPolicy", success, "no bucket has one"},
	{"s3 GetBucketPolicyStatus", success, "no bucket has one"},
	{"s3 GetBucketWebsite", success, "no bucket is one"},
	{"s3 GetBucketReplication", success, "no bucket is replicated"},
	{"s3 GetObjectLockConfiguration", success, "no bucket locks"},
	{"s3 PostObject", success, "what signs a form lies in its body, which the player can't sign anew; boto3's forms are tried in test/e2e"},
	{"sts *", "RegionDisabledException", "Muster has no regions to switch off"},
	{"sts AssumeRole", "ExpiredTokenException", "said of a web identity's token, which only contexts carry; those aren't built"},
	{"sts GetCallerIdentity", "ValidationError", "its input has no members to break"},
}

type never struct{ operation, code, why string }

func (n never) matches(operation, code string) bool {
	ok, err := path.Match(n.operation, operation)
	return err == nil && ok && n.code == code
}

func isNeverAnswered(operation, code string) bool {
	return slices.ContainsFunc(neverAnswered, func(n never) bool { return n.matches(operation, code) })
}

// s3Errors are those that the pages of the S3 API Reference name for what
// Muster does of each operation. Answers to HEAD have no body: they are found
// by their status.
var s3Errors = map[string]string{
	"AbortMultipartUpload":               "AccessDenied NoSuchBucket NoSuchUpload",
	"CompleteMultipartUpload":            "AccessDenied NoSuchBucket NoSuchUpload InvalidPart InvalidPartOrder EntityTooSmall MalformedXML PreconditionFailed",
	"CopyObject":                         "AccessDenied NoSuchBucket NoSuchKey InvalidArgument InvalidRequest",
	"CreateBucket":                       "AccessDenied BucketAlreadyOwnedByYou InvalidBucketName IllegalLocationConstraintException MalformedXML NotImplemented",
	"CreateMultipartUpload":              "AccessDenied NoSuchBucket NotImplemented",
	"DeleteBucket":                       "AccessDenied NoSuchBucket BucketNotEmpty",
	"DeleteBucketTagging":                "AccessDenied NoSuchBucket",
	"DeleteObject":                       "AccessDenied NoSuchBucket PreconditionFailed",
	"DeleteObjectTagging":                "AccessDenied NoSuchBucket NoSuchKey",
	"DeleteObjects":                      "NoSuchBucket MalformedXML BadDigest",
	"GetBucketLocation":                  "AccessDenied NoSuchBucket",
	"GetBucketTagging":                   "AccessDenied NoSuchBucket NoSuchTagSet",
	"GetBucketVersioning":                "AccessDenied NoSuchBucket",
	"GetObject":                          "AccessDenied NoSuchBucket NoSuchKey NoSuchVersion InvalidRange PreconditionFailed 304 NotImplemented",
	"GetObjectAttributes":                "AccessDenied NoSuchBucket NoSuchKey",
	"GetObjectTagging":                   "AccessDenied NoSuchBucket NoSuchKey",
	"HeadBucket":                         "403 404",
	"HeadObject":                         "403 404 412 304",
	"ListBuckets":                        "AccessDenied InvalidArgument",
	"ListMultipartUploads":               "AccessDenied NoSuchBucket",
	"ListObjectVersions":                 "AccessDenied NoSuchBucket",
	"ListObjects":                        "AccessDenied NoSuchBucket",
	"ListObjectsV2":                      "AccessDenied NoSuchBucket InvalidArgument",
	"ListParts":                          "AccessDenied NoSuchBucket NoSuchUpload",
	"PutBucketTagging":                   "AccessDenied NoSuchBucket MalformedXML InvalidTag",
	"PutBucketVersioning":                "AccessDenied NoSuchBucket MalformedXML",
	"PutObject":                          "AccessDenied NoSuchBucket PreconditionFailed BadDigest InvalidArgument NotImplemented",
	"PutObjectTagging":                   "AccessDenied NoSuchBucket NoSuchKey MalformedXML InvalidTag",
	"UploadPart":                         "AccessDenied NoSuchBucket NoSuchUpload InvalidArgument",
	"UploadPartCopy":                     "AccessDenied NoSuchBucket NoSuchUpload NoSuchKey",
	"DeleteBucketCors":                   "AccessDenied NoSuchBucket",
	"DeleteBucketEncryption":             "AccessDenied NoSuchBucket",
	"DeleteBucketLifecycle":              "AccessDenied NoSuchBucket",
	"DeleteBucketOwnershipControls":      "AccessDenied NoSuchBucket",
	"DeleteBucketPolicy":                 "AccessDenied NoSuchBucket",
	"DeleteBucketReplication":            "AccessDenied NoSuchBucket",
	"DeleteBucketWebsite":                "AccessDenied NoSuchBucket",
	"DeletePublicAccessBlock":            "AccessDenied NoSuchBucket",
	"GetBucketAccelerateConfiguration":   "AccessDenied NoSuchBucket",
	"GetBucketAcl":                       "AccessDenied NoSuchBucket",
	"GetBucketCors":                      "AccessDenied NoSuchBucket NoSuchCORSConfiguration",
	"GetBucketEncryption":                "AccessDenied NoSuchBucket",
	"GetBucketLifecycleConfiguration":    "AccessDenied NoSuchBucket NoSuchLifecycleConfiguration",
	"GetBucketLogging":                   "AccessDenied NoSuchBucket",
	"GetBucketNotificationConfiguration": "AccessDenied NoSuchBucket",
	"GetBucketOwnershipControls":         "AccessDenied NoSuchBucket OwnershipControlsNotFoundError",
	"GetBucketPolicy":                    "AccessDenied NoSuchBucket NoSuchBucketPolicy",
	"GetBucketPolicyStatus":              "AccessDenied NoSuchBucket NoSuchBucketPolicy",
	"GetBucketReplication":               "AccessDenied NoSuchBucket ReplicationConfigurationNotFoundError",
	"GetBucketRequestPayment":            "AccessDenied NoSuchBucket",
	"GetBucketWebsite":                   "AccessDenied NoSuchBucket NoSuchWebsiteConfiguration",
	"GetObjectAcl":                       "AccessDenied NoSuchBucket NoSuchKey",
	"GetObjectLockConfiguration":         "AccessDenied NoSuchBucket ObjectLockConfigurationNotFoundError",
	"GetPublicAccessBlock":               "AccessDenied NoSuchBucket NoSuchPublicAccessBlockConfiguration",
	"PutBucketAcl":                       "AccessDenied NoSuchBucket AccessControlListNotSupported",
	"PutBucketCors":                      "AccessDenied NoSuchBucket MalformedXML InvalidRequest",
	"PutBucketEncryption":                "AccessDenied NoSuchBucket MalformedXML NotImplemented",
	"PutBucketLifecycleConfiguration":    "AccessDenied NoSuchBucket MalformedXML InvalidArgument NotImplemented",
	"PutBucketOwnershipControls":         "AccessDenied NoSuchBucket MalformedXML NotImplemented",
	"PutObjectAcl":                       "AccessDenied NoSuchBucket NoSuchKey AccessControlListNotSupported",
	"PutPublicAccessBlock":               "AccessDenied NoSuchBucket MalformedXML NotImplemented",
}

const success = "success"

var codes = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^X-Amzn-Errortype: (\w+)`),
	regexp.MustCompile(`"__type":"(?:[^"#]*#)?(\w+)"`),
	regexp.MustCompile(`<Code>(\w+)</Code>`),
}

// code is the error that an exchange is answered with: its name, the status of
// an answer without one, or success.
func (e exchange) code() string {
	if e.answer[0] == '2' {
		return success
	}
	for _, found := range codes {
		if of := found.FindStringSubmatch(e.answer); of != nil {
			return of[1]
		}
	}
	return e.answer[:3]
}

// wireModel is what the test needs of a service's model.
type wireModel struct {
	Operations map[string]wireOperation
	Shapes     map[string]struct{ Error struct{ Code string } }
}

type wireOperation struct {
	Input  *struct{ Shape string }
	Errors []struct{ Shape string }
}

func readWireModel(t *testing.T, service string) (m wireModel) {
	t.Helper()
	door := map[string]string{"muster": "admin"}
	text, err := os.ReadFile(fmt.Sprintf("../../internal/awsapi/%sapi/model.json", cmp.Or(door[service], service)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// errors are the codes of those that the model names for an operation.
func (m wireModel) errors(operation string) (codes []string) {
	for _, e := range m.Operations[operation].Errors {
		code := m.Shapes[e.Shape].Error.Code
		if code == "" {
			code = e.Shape
		}
		codes = append(codes, code)
	}
	return codes
}
