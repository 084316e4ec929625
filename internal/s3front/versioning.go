package s3front

import (
	"encoding/xml"
	"net/http"

	"muster/internal/objects"
)

func (f *Front) getVersioning(w *answer, r *request) error {
	v, err := f.Objects.Versioning(r.Context(), r.target.bucket)
	if err != nil {
		return err
	}
	return answerXML(w, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ VersioningConfiguration"`
		Status  string   `xml:",omitempty"`
	}{Status: string(v)})
}

func (f *Front) putVersioning(w *answer, r *request) error {
	var in struct {
		XMLName   xml.Name `xml:"VersioningConfiguration"`
		Status    string
		MfaDelete string
		MFADelete string // as older documents have it
	}
	if _, err := f.readXML(r, smallShape, &in); err != nil {
		return err
	}
	switch {
	case in.MfaDelete == "Enabled" || in.MFADelete == "Enabled":
		return notBuilt("MFA delete")
	case in.Status == "":
		return refusal(http.StatusBadRequest, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case in.Status != string(objects.Enabled) && in.Status != string(objects.Suspended):
		return errMalformed
	}
	if err := f.Objects.SetVersioning(r.Context(), r.target.bucket, objects.Versioning(in.Status)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
