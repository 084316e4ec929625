package main

import (
	"net/http"
	"testing"

	"muster/internal/account"
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
	"muster/internal/server"
	"muster/internal/sigv4"
)

func TestDoctorWarnsOfWideRoles(t *testing.T) {
	const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	role := func(t *testing.T, p *patient, name string, policy func(c *awsclient.Client) error) {
		t.Helper()
		s, err := server.ReadState(p.data)
		if err != nil {
			t.Fatal(err)
		}
		key, err := account.ReadRootKey(s.RootKey)
		if err != nil {
			t.Fatal(err)
		}
		c := &awsclient.Client{Endpoint: s.API, Region: s.Region, HTTP: http.DefaultClient, Credential: sigv4.Credential{AccessKey: key.AccessKeyID, Secret: key.Secret}}
		made, err := awsclient.Do(t.Context(), c, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: name, AssumeRolePolicyDocument: trust})
		if err != nil {
			t.Fatal(err)
		}
		if err := policy(c); err != nil {
			t.Fatal(err)
		}
		if _, err := awsclient.Do(t.Context(), c, iotapi.CreateRoleAlias, &iotapi.CreateRoleAliasRequest{RoleAlias: "SageMakerEdge-" + name, RoleArn: *made.Role.Arn}); err != nil {
			t.Fatal(err)
		}
	}
	narrow := func(c *awsclient.Client) error {
		_, err := awsclient.Do(t.Context(), c, iamapi.PutRolePolicy, &iamapi.PutRolePolicyRequest{RoleName: "NarrowSageMaker", PolicyName: "p",
			PolicyDocument: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/out/*"}}`})
		return err
	}
	wide := func(c *awsclient.Client) error {
		_, err := awsclient.Do(t.Context(), c, iamapi.AttachRolePolicy, &iamapi.AttachRolePolicyRequest{RoleName: "WideSageMaker",
			PolicyArn: "arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy"})
		return err
	}
	for _, tc := range []sick{
		{"no alias", nil, "device roles", fine, "none behind a role alias", ""},
		{"a narrow one", func(t *testing.T, p *patient) { role(t, p, "NarrowSageMaker", narrow) }, "device roles", fine, "none behind a role alias", ""},
		{"AWS's policy", func(t *testing.T, p *patient) { role(t, p, "WideSageMaker", wide) }, "device roles", doubt,
			"role arn:aws:iam::000000000000:role/WideSageMaker of the alias SageMakerEdge-WideSageMaker may iam:PassRole, iot:CreateRoleAlias, iot:UpdateRoleAlias; sessions of devices can't", "s3:PutObject"},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.look(t, newPatient(t, nil)) })
	}
}
