#!/bin/sh
# Amazon's tutorial "register and authenticate a device fleet" as one types it:
# AWS CLI, wget and curl. With EXPLICIT_ENDPOINT=1 the CLI is handed the
# endpoint, for versions that know no AWS_ENDPOINT_URL.
set -eu

endpoint_url=$AWS_ENDPOINT_URL
if [ -n "${EXPLICIT_ENDPOINT:-}" ]; then
    unset AWS_ENDPOINT_URL
    aws() { command aws --endpoint-url "$endpoint_url" "$@"; }
fi

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# refused WANT COMMAND… expects the command to fail and to say WANT.
refused() {
    want=$1
    shift
    if said=$("$@" 2>&1); then
        fail "$* succeeded, want $want"
    fi
    case $said in
    *"$want"*) ;;
    *) fail "$*: got $said, want $want" ;;
    esac
}

now=$(date +%s)
bucket=muster-sagemaker-demo-$now
role=SageMakerDeviceFleetRole$now
fleet_policy=arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy

echo "0. a bucket and the fleet's role"
aws s3 mb "s3://$bucket"
cat >trust.json <<'JSON'
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "credentials.iot.amazonaws.com"}, "Action": "sts:AssumeRole"},
    {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
  ]
}
JSON
role_arn=$(aws iam create-role --role-name "$role" --assume-role-policy-document file://trust.json \
    --query Role.Arn --output text)
aws iam attach-role-policy --role-name "$role" --policy-arn "$fleet_policy"

echo "1. a thing type and a thing"
aws iot create-thing-type --thing-type-name getting-started-demo
aws iot create-thing --thing-name sample-device --thing-type-name getting-started-demo

echo "2. a fleet"
fleet=demo-device-fleet$now
aws sagemaker create-device-fleet --device-fleet-name "$fleet" --role-arn "$role_arn" \
    --output-config "S3OutputLocation=s3://$bucket/device_output"

echo "3. a device"
device=sagemaker-edge-demo-device$now
aws sagemaker register-devices --device-fleet-name "$fleet" \
    --devices "DeviceName=$device,IotThingName=sample-device"

echo "4. its certificate and key"
certificate_arn=$(aws iot create-keys-and-certificate --set-as-active \
    --certificate-pem-outfile device.pem.crt --private-key-outfile private.pem.key \
    --query certificateArn --output text)
certificate_id=${certificate_arn##*/}

echo "5. a policy on the certificate that allows the fleet's alias"
alias_arn=$(aws sagemaker describe-device-fleet --device-fleet-name "$fleet" --query IotRoleAlias --output text)
alias=SageMaker${alias_arn#*SageMaker}
[ "$alias" = "SageMakerEdge-$fleet" ] || fail "alias $alias"
aws iot describe-role-alias --role-alias "$alias"
policy=aliaspolicy-$now
cat >policy.json <<JSON
{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": "$alias_arn"}
}
JSON
aws iot create-policy --policy-name "$policy" --policy-document file://policy.json
aws iot attach-policy --policy-name "$policy" --target "$certificate_arn"

echo "6. where credentials are to be had"
endpoint=$(aws iot describe-endpoint --endpoint-type iot:CredentialProvider --query endpointAddress --output text)

echo "7. the root certificate, and credentials"
wget -q -O AmazonRootCA1.pem "$MUSTER_ROOT_CA_URL"
# ask FILE writes the answer to FILE and prints its status.
ask() {
    curl -sS --cert device.pem.crt --key private.pem.key --cacert AmazonRootCA1.pem \
        -o "$1" -w '%{http_code}' "https://$endpoint/role-aliases/$alias/credentials"
}
status=$(ask credentials.json)
[ "$status" = 200 ] || fail "credentials: $status $(cat credentials.json)"
[ "$(wc -c <credentials.json)" -le 2048 ] || fail "credentials of $(wc -c <credentials.json) bytes"
# member NAME prints a member of the credentials.
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" credentials.json; }

echo "8. the files to the bucket, and back"
for file in private.pem.key device.pem.crt AmazonRootCA1.pem; do
    aws s3 cp "$file" "s3://$bucket/authorization-files/$file"
done
[ "$(aws s3 ls "s3://$bucket/authorization-files/" | wc -l)" -eq 3 ] || fail "aws s3 ls"
mkdir back
for file in private.pem.key device.pem.crt AmazonRootCA1.pem; do
    aws s3 cp "s3://$bucket/authorization-files/$file" "back/$file"
    cmp "$file" "back/$file"
done
dd if=/dev/urandom of=large bs=1M count=100 2>/dev/null
aws s3 cp --no-progress large "s3://$bucket/large"
aws s3 cp --no-progress "s3://$bucket/large" back/large
cmp large back/large
mkdir -p tree/sub
echo one >tree/one
echo two >tree/sub/two
# sync compares times, and S3 tells them in whole seconds: a file made in the same second looks newer
touch -d "2 seconds ago" tree/one tree/sub/two
aws s3 sync tree "s3://$bucket/tree"
[ -z "$(aws s3 sync tree "s3://$bucket/tree")" ] || fail "a second sync found something to do"
rm tree/one
aws s3 sync --delete tree "s3://$bucket/tree"
aws s3 sync "s3://$bucket/tree" tree-back
[ "$(cd tree-back && find . -type f)" = ./sub/two ] || fail "sync left $(find tree-back -type f)"

echo "9. what the device may"
# device_aws is aws with the device's credentials.
device_aws() (
    AWS_ACCESS_KEY_ID=$(member accessKeyId)
    AWS_SECRET_ACCESS_KEY=$(member secretAccessKey)
    AWS_SESSION_TOKEN=$(member sessionToken)
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    aws "$@"
)
arn=$(device_aws sts get-caller-identity --query Arn --output text)
case $arn in
*":assumed-role/$role/$certificate_id") ;;
*) fail "identity $arn" ;;
esac
echo 21.5 >reading
device_aws s3 cp reading "s3://$bucket/device_output/reading"
[ "$(aws s3 cp "s3://$bucket/device_output/reading" -)" = 21.5 ] || fail "the reading came back different"
refused AccessDenied device_aws s3 ls "s3://$bucket/"
refused AccessDenied device_aws s3 ls
refused 403 device_aws s3 cp "s3://$bucket/device_output/reading" stolen
refused AccessDenied device_aws s3api get-object --bucket "$bucket" --key authorization-files/private.pem.key stolen
refused AccessDenied device_aws s3api copy-object --bucket "$bucket" --key device_output/copy \
    --copy-source "$bucket/authorization-files/private.pem.key"
refused AccessDenied device_aws s3 rm "s3://$bucket/device_output/reading"
refused AccessDeniedException device_aws iot list-things
refused AccessDeniedException device_aws sagemaker list-device-fleets
refused AccessDenied device_aws iam list-role-policies --role-name "$role"

echo "10. clean-up"
aws iot detach-policy --policy-name "$policy" --target "$certificate_arn"
status=$(ask refusal.json)
[ "$status $(cat refusal.json)" = '403 {"message":"Access Denied"}' ] || fail "detached: $status $(cat refusal.json)"
if device_aws sts get-caller-identity; then
    fail "the credentials outlive the policy that gave them"
fi
aws iot delete-policy --policy-name "$policy"
aws iot update-certificate --certificate-id "$certificate_id" --new-status INACTIVE
aws iot delete-certificate --certificate-id "$certificate_id"
status=$(ask refusal.json)
[ "$status $(cat refusal.json)" = '403 {"message":"Certificate is invalid on this endpoint"}' ] ||
    fail "deleted: $status $(cat refusal.json)"
aws sagemaker deregister-devices --device-fleet-name "$fleet" --device-names "$device"
aws sagemaker delete-device-fleet --device-fleet-name "$fleet"
aws iot delete-role-alias --role-alias "$alias"
aws iot delete-thing --thing-name sample-device
aws iot deprecate-thing-type --thing-type-name getting-started-demo
aws iot delete-thing-type --thing-type-name getting-started-demo
aws s3 rm --recursive "s3://$bucket"
aws s3 rb "s3://$bucket"
aws iam detach-role-policy --role-name "$role" --policy-arn "$fleet_policy"
aws iam delete-role --role-name "$role"
refused ResourceNotFoundException aws iot describe-thing --thing-name sample-device
refused NoSuchEntity aws iam get-role --role-name "$role"
echo "the tutorial ran"
