#!/bin/sh
# Registers a device fleet and lets a device turn its certificate into
# credentials, with the AWS CLI and curl. ../register_fleet.ipynb explains
# each step.
#
#   bin/muster serve &
#   eval "$(bin/muster env)"
#   sh examples/shell/register_fleet.sh          # cleans up behind itself
#   sh examples/shell/register_fleet.sh --keep   # leaves what it made, and the device's files here
set -eu
: "${AWS_ENDPOINT_URL:?is not set: run  eval \"\$(muster env)\"  first}"
umask 077 # the device's key is written here

# AWS CLIs before 1.29 and 2.13 don't read AWS_ENDPOINT_URL by themselves; handing it over is right for all.
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }

# refused CODE COMMAND… fails unless the command is refused with the code.
refused() {
    code=$1
    shift
    if said=$("$@" 2>&1); then
        echo "$* was allowed" >&2
        exit 1
    fi
    case $said in
    *"$code"*) echo "refused      $2 $3: $code" ;;
    *)
        echo "$*: $said" >&2
        exit 1
        ;;
    esac
}

n=$(date +%s) # keeps the names of two runs apart
bucket=sagemaker-edge-demo-$n
role=SageMakerDeviceFleetRole$n
thing_type=getting-started-demo-$n
thing=sample-device-$n
fleet=demo-device-fleet$n
device=sagemaker-edge-demo-device$n
policy=aliaspolicy-$n

# A bucket for the devices' output, and the role they will take on.
aws s3 mb "s3://$bucket"
role_arn=$(aws iam create-role --role-name "$role" --query Role.Arn --output text --assume-role-policy-document '{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "credentials.iot.amazonaws.com"}, "Action": "sts:AssumeRole"},
    {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
  ]
}')
# What devices may: write the fleet's output, and the calls of a device's own.
aws iam put-role-policy --role-name "$role" --policy-name device --policy-document '{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::'"$bucket"'/device_output/*"},
    {"Effect": "Allow", "Action": ["sagemaker:GetDeviceRegistration", "sagemaker:SendHeartbeat"],
     "Resource": "arn:aws:sagemaker:*:*:device-fleet/'"$fleet"'/device/*"}
  ]
}'
echo "role         $role_arn"

# A thing type and a thing.
aws iot create-thing-type --thing-type-name "$thing_type" >/dev/null
echo "thing        $(aws iot create-thing --thing-name "$thing" --thing-type-name "$thing_type" --query thingArn --output text)"

# The fleet, with which comes its role alias, and a device in it.
aws sagemaker create-device-fleet --device-fleet-name "$fleet" --role-arn "$role_arn" \
    --output-config "S3OutputLocation=s3://$bucket/device_output"
alias_arn=$(aws sagemaker describe-device-fleet --device-fleet-name "$fleet" --query IotRoleAlias --output text)
alias=SageMaker${alias_arn#*SageMaker}
echo "role alias   $alias"
aws sagemaker register-devices --device-fleet-name "$fleet" --devices "DeviceName=$device,IotThingName=$thing"

# Its keys and certificate. The private key is in this answer and nowhere else.
certificate_arn=$(aws iot create-keys-and-certificate --set-as-active --query certificateArn --output text \
    --certificate-pem-outfile device.pem.crt --private-key-outfile private.pem.key)
certificate_id=${certificate_arn##*/}
echo "certificate  $certificate_id"

# What the certificate may: ask for the role behind the alias.
aws iot create-policy --policy-name "$policy" --query policyArn --output text --policy-document '{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": "'"$alias_arn"'"}
}'
aws iot attach-policy --policy-name "$policy" --target "$certificate_arn"

# Where to ask, and whom to believe.
endpoint=$(aws iot describe-endpoint --endpoint-type iot:CredentialProvider --query endpointAddress --output text)
curl -sSf ${AWS_CA_BUNDLE:+--cacert "$AWS_CA_BUNDLE"} -o AmazonRootCA1.pem "$MUSTER_ROOT_CA_URL"
echo "endpoint     $endpoint"

# The exchange: a client certificate for credentials. ask prints the answer and, on a line of its own, its status.
ask() {
    curl -sS -w '\n%{http_code}\n' --cert device.pem.crt --key private.pem.key --cacert AmazonRootCA1.pem \
        "https://$endpoint/role-aliases/$alias/credentials"
}
answer=$(ask)
case $answer in
*200) ;;
*)
    echo "credentials: $answer" >&2
    exit 1
    ;;
esac
member() { printf '%s\n' "$answer" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
key=$(member accessKeyId) secret=$(member secretAccessKey) token=$(member sessionToken)
echo "credentials  $key until $(member expiration)"

# The device's files, to be brought onto it from the bucket.
for file in private.pem.key device.pem.crt AmazonRootCA1.pem; do
    aws s3 cp --only-show-errors "$file" "s3://$bucket/authorization-files/$file"
done

# What the credentials open, and what they don't.
device_aws() (
    export AWS_ACCESS_KEY_ID="$key" AWS_SECRET_ACCESS_KEY="$secret" AWS_SESSION_TOKEN="$token"
    aws "$@"
)
echo "identity     $(device_aws sts get-caller-identity --query Arn --output text)"
echo '{"celsius": 21.5}' | device_aws s3 cp - "s3://$bucket/device_output/sample.jsonl"
refused AccessDenied device_aws s3api get-object --bucket "$bucket" --key authorization-files/private.pem.key stolen
refused AccessDenied device_aws s3 ls "s3://$bucket"
refused AccessDeniedException device_aws iot create-thing --thing-name uninvited

if [ "${1:-}" = --keep ]; then
    echo "kept         fleet $fleet, bucket $bucket"
    exit
fi

# Lock it out: its next request is refused, and what it was given before is dead.
aws iot detach-policy --policy-name "$policy" --target "$certificate_arn"
answer=$(ask)
case $answer in
*403) echo "locked out   403 $(member message)" ;;
*)
    echo "detached, and the answer is $answer" >&2
    exit 1
    ;;
esac
refused InvalidAccessKeyId device_aws s3api put-object --bucket "$bucket" --key device_output/late.jsonl

# Clean up. A certificate must be inactive, a fleet and a bucket must be empty.
aws iot delete-policy --policy-name "$policy"
aws iot update-certificate --certificate-id "$certificate_id" --new-status INACTIVE
aws iot delete-certificate --certificate-id "$certificate_id"
aws sagemaker deregister-devices --device-fleet-name "$fleet" --device-names "$device"
aws sagemaker delete-device-fleet --device-fleet-name "$fleet"
aws iot delete-role-alias --role-alias "$alias"
aws iot delete-thing --thing-name "$thing"
aws iot deprecate-thing-type --thing-type-name "$thing_type"
# As on AWS, some minutes must pass before a deprecated type can be deleted.
if ! said=$(aws iot delete-thing-type --thing-type-name "$thing_type" 2>&1); then
    case $said in
    *InvalidRequestException*) echo "left         thing type $thing_type (deprecated; it can be deleted some minutes from now)" ;;
    *)
        echo "$said" >&2
        exit 1
        ;;
    esac
fi
aws s3 rb --force "s3://$bucket" >/dev/null
aws iam delete-role-policy --role-name "$role" --policy-name device
aws iam delete-role --role-name "$role"
rm private.pem.key device.pem.crt AmazonRootCA1.pem
