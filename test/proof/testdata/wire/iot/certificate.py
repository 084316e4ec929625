"""Certificates, and the things they are of."""

import wire
from wire import ask, refused

iot = wire.client("iot")
unchecked = wire.client("iot", unchecked=True)
nobody = wire.client("iot", key=wire.user())

NONE = "0" * 64
CSR = """-----BEGIN CERTIFICATE REQUEST-----
MIHVMH0CAQAwGzEZMBcGA1UEAwwQcHVtcC03IG9mIGxpbmUgMzBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABGwxVkbIGOJ5GdNsWczAuUEe8KBPC+LoV4Lptt42aW4j
vPFvK7TDUxIF1RDycM+Btg2HopFVHZHrXP2MyxhtpAygADAKBggqhkjOPQQDAgNI
ADBFAiBkoocNHYl59gbbMrotYf5c0zBh5/n9+0B25jy/F6pJugIhAKjdmuO6ZhDQ
MXNShkz1rOZOMRUTkMOPwqraSj6FN3vH
-----END CERTIFICATE REQUEST-----
"""
OWN = """-----BEGIN CERTIFICATE-----
MIIBYTCB56ADAgECAgISZzAKBggqhkjOPQQDAzAbMRkwFwYDVQQDExBwdW1wLTcg
b2YgbGluZSAzMB4XDTIwMDEwMTAwMDAwMFoXDTQ5MTIzMTIzNTk1OVowGzEZMBcG
A1UEAxMQcHVtcC03IG9mIGxpbmUgMzB2MBAGByqGSM49AgEGBSuBBAAiA2IABKxE
w5xUYO3/jrbu7efFkkmFZXMCTtvOj74HxoaiU2UGChemonkHpDPqRtP58I9L/gZR
c2wkD6Z6tNR6zcDRh4M5afGCVUfJ0ASJujZcDiXjJZKl3mlhDdtb3kBM1699TTAK
BggqhkjOPQQDAwNpADBmAjEAozQsuJZQtUoVz2VhakmFZuIgOwamY579mfsCrocW
kFjllx7MtNQNG0ZR+LJkYj8kAjEAuUrgbD1smCqb3QJej26D11lhIJfpKIMQidSi
vLftnnywWie07bwwvYzZfA2LCSVl
-----END CERTIFICATE-----
"""

made = ask("active", iot.create_keys_and_certificate, setAsActive=True)
idle = ask("inactive", iot.create_keys_and_certificate)
refused("SerializationException", "neither active nor not", unchecked.create_keys_and_certificate, setAsActive="maybe")
refused("AccessDeniedException", "by nobody", nobody.create_keys_and_certificate)

ask("by a key of its own", iot.create_certificate_from_csr, certificateSigningRequest=CSR, setAsActive=True)
refused("InvalidRequestException", "no request", iot.create_certificate_from_csr, certificateSigningRequest="none")
refused("AccessDeniedException", "by nobody", nobody.create_certificate_from_csr, certificateSigningRequest=CSR)

own = ask("one that its own key has signed", iot.register_certificate_without_ca, certificatePem=OWN, status="ACTIVE")
refused("ResourceAlreadyExistsException", "the same again", iot.register_certificate_without_ca, certificatePem=OWN)
refused("CertificateValidationException", "no certificate", iot.register_certificate_without_ca, certificatePem="none")
refused("CertificateValidationException", "a chain", iot.register_certificate_without_ca, certificatePem=OWN + made["certificatePem"])
refused("InvalidRequestException", "on its way to another account", iot.register_certificate_without_ca, certificatePem=OWN, status="PENDING_TRANSFER")
refused("AccessDeniedException", "by nobody", nobody.register_certificate_without_ca, certificatePem=OWN)

ask("one that was registered", iot.describe_certificate, certificateId=own["certificateId"])
ask("an active one", iot.describe_certificate, certificateId=made["certificateId"])
refused("ResourceNotFoundException", "none of that id", iot.describe_certificate, certificateId=NONE)
refused("InvalidRequestException", "a short id", unchecked.describe_certificate, certificateId="abc")
refused("AccessDeniedException", "by nobody", nobody.describe_certificate, certificateId=made["certificateId"])

ask("all", iot.list_certificates, ascendingOrder=True)
page = ask("a page of one", iot.list_certificates, pageSize=1, ascendingOrder=True)
ask("the page after it", iot.list_certificates, pageSize=1, ascendingOrder=True, marker=page["nextMarker"])
refused("InvalidRequestException", "a page of 251", unchecked.list_certificates, pageSize=251)
refused("InvalidRequestException", "a marker of nobody's", iot.list_certificates, marker="abcd")
refused("AccessDeniedException", "by nobody", nobody.list_certificates)

ask("for the principal", iot.create_thing, thingName="pump-7")
ask("a certificate", iot.attach_thing_principal, thingName="pump-7", principal=made["certificateArn"])
ask("the same again", iot.attach_thing_principal, thingName="pump-7", principal=made["certificateArn"])
refused("ResourceNotFoundException", "no such thing", iot.attach_thing_principal, thingName="none", principal=made["certificateArn"])
refused("InvalidRequestException", "no ARN", iot.attach_thing_principal, thingName="pump-7", principal="none")
refused("AccessDeniedException", "by nobody", nobody.attach_thing_principal, thingName="pump-7", principal=made["certificateArn"])

ask("one", iot.list_thing_principals, thingName="pump-7")
refused("ResourceNotFoundException", "no such thing", iot.list_thing_principals, thingName="none")
refused("InvalidRequestException", "a name with a space", unchecked.list_thing_principals, thingName="a b")
refused("AccessDeniedException", "by nobody", nobody.list_thing_principals, thingName="pump-7")

ask("one", iot.list_principal_things, principal=made["certificateArn"])
ask("none", iot.list_principal_things, principal=idle["certificateArn"])
refused("ResourceNotFoundException", "no such certificate", iot.list_principal_things, principal=made["certificateArn"].replace(made["certificateId"], NONE))
refused("InvalidRequestException", "no ARN", iot.list_principal_things, principal="none")
refused("AccessDeniedException", "by nobody", nobody.list_principal_things, principal=made["certificateArn"])

ask("for the other principal", iot.create_thing, thingName="pump-8")
ask("a certificate, exclusively", iot.attach_thing_principal, thingName="pump-8", principal=own["certificateArn"], thingPrincipalType="EXCLUSIVE_THING")
ask("an identity", iot.attach_thing_principal, thingName="pump-8", principal="us-east-1:01")
refused("InvalidRequestException", "what is another's exclusively", iot.attach_thing_principal, thingName="pump-7", principal=own["certificateArn"])
refused("InvalidRequestException", "exclusively what is another's", iot.attach_thing_principal, thingName="pump-8", principal=made["certificateArn"], thingPrincipalType="EXCLUSIVE_THING")

ask("two", iot.list_thing_principals_v2, thingName="pump-8")
ask("the exclusive one", iot.list_thing_principals_v2, thingName="pump-8", thingPrincipalType="EXCLUSIVE_THING")
ask("none of the type", iot.list_thing_principals_v2, thingName="pump-7", thingPrincipalType="EXCLUSIVE_THING")
page = ask("a page of one", iot.list_thing_principals_v2, thingName="pump-8", maxResults=1)
ask("the page after it", iot.list_thing_principals_v2, thingName="pump-8", maxResults=1, nextToken=page["nextToken"])
refused("ResourceNotFoundException", "no such thing", iot.list_thing_principals_v2, thingName="none")
refused("InvalidRequestException", "of no type there is", unchecked.list_thing_principals_v2, thingName="pump-8", thingPrincipalType="BOTH")
refused("AccessDeniedException", "by nobody", nobody.list_thing_principals_v2, thingName="pump-8")

ask("one", iot.list_principal_things_v2, principal=own["certificateArn"])
ask("none of the type", iot.list_principal_things_v2, principal=own["certificateArn"], thingPrincipalType="NON_EXCLUSIVE_THING")
refused("ResourceNotFoundException", "no such certificate", iot.list_principal_things_v2, principal=made["certificateArn"].replace(made["certificateId"], NONE))
refused("InvalidRequestException", "no ARN", iot.list_principal_things_v2, principal="none")
refused("AccessDeniedException", "by nobody", nobody.list_principal_things_v2, principal=own["certificateArn"])

refused("CertificateStateException", "an active one", iot.delete_certificate, certificateId=made["certificateId"])
ask("inactive", iot.update_certificate, certificateId=made["certificateId"], newStatus="INACTIVE")
refused("DeleteConflictException", "of a thing", iot.delete_certificate, certificateId=made["certificateId"])
refused("ResourceNotFoundException", "none of that id", iot.update_certificate, certificateId=NONE, newStatus="ACTIVE")
refused("InvalidRequestException", "no status", unchecked.update_certificate, certificateId=made["certificateId"], newStatus="GONE")
refused("AccessDeniedException", "by nobody", nobody.update_certificate, certificateId=made["certificateId"], newStatus="ACTIVE")
ask("revoked", iot.update_certificate, certificateId=made["certificateId"], newStatus="REVOKED")
refused("CertificateStateException", "after that", iot.update_certificate, certificateId=made["certificateId"], newStatus="ACTIVE")

ask("a certificate", iot.detach_thing_principal, thingName="pump-7", principal=made["certificateArn"])
refused("ResourceNotFoundException", "no such thing", iot.detach_thing_principal, thingName="none", principal=made["certificateArn"])
refused("InvalidRequestException", "no ARN", iot.detach_thing_principal, thingName="pump-7", principal="none")
refused("AccessDeniedException", "by nobody", nobody.detach_thing_principal, thingName="pump-7", principal=made["certificateArn"])

refused("InvalidRequestException", "a short id", unchecked.delete_certificate, certificateId="abc")
refused("AccessDeniedException", "by nobody", nobody.delete_certificate, certificateId=made["certificateId"])
ask("a revoked one", iot.delete_certificate, certificateId=made["certificateId"])
refused("ResourceNotFoundException", "none of that id", iot.delete_certificate, certificateId=made["certificateId"])
ask("one that was deleted", iot.register_certificate_without_ca, certificatePem=made["certificatePem"])
