package s3front_test

import (
	"regexp"
	"strings"
	"testing"
)

func lifecycleOf(rules ...string) string {
	return "<LifecycleConfiguration>" + strings.Join(rules, "") + "</LifecycleConfiguration>"
}

// lifecycleRule is one that is enabled for all keys, with actions.
func lifecycleRule(id, actions string) string {
	return "<Rule><ID>" + id + "</ID><Filter></Filter><Status>Enabled</Status>" + actions + "</Rule>"
}

// prefixRule is one of S3's first form.
func prefixRule(id, prefix, actions string) string {
	return "<Rule><ID>" + id + "</ID><Prefix>" + prefix + "</Prefix><Status>Enabled</Status>" + actions + "</Rule>"
}

const days30 = "<Expiration><Days>30</Days></Expiration>"

func TestLifecycleIsReadBack(t *testing.T) {
	w := newConfigured(t)
	for name, document := range map[string]string{
		"days":            expireLogs,
		"every action":    lifecycleOf(lifecycleRule("all", days30+"<NoncurrentVersionExpiration><NewerNoncurrentVersions>5</NewerNoncurrentVersions><NoncurrentDays>7</NoncurrentDays></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload>")),
		"a date":          lifecycleOf(lifecycleRule("date", "<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>")),
		"markers":         lifecycleOf(lifecycleRule("a", "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"), lifecycleRule("b", "<Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>")),
		"an empty prefix": lifecycleOf("<Rule><ID>a</ID><Filter><Prefix></Prefix></Filter><Status>Disabled</Status>" + days30 + "</Rule>"),
		"the first form":  lifecycleOf(prefixRule("a", "a/", days30), prefixRule("b", "b/", days30)),
	} {
		put := w.ok("PUT", "/photos?lifecycle", document)
		got := w.ok("GET", "/photos?lifecycle")
		if got.document() != document {
			t.Errorf("%s: got %v, want %s", name, got, document)
		}
		for _, r := range []reply{put, got} {
			if minimum := r.header.Get("X-Amz-Transition-Default-Minimum-Object-Size"); minimum != "all_storage_classes_128K" {
				t.Errorf("%s: got minimum %q", name, minimum)
			}
		}
	}
	const varies = "varies_by_storage_class"
	w.ok("PUT", "/photos?lifecycle", expireLogs, "X-Amz-Transition-Default-Minimum-Object-Size: "+varies)
	if got := w.ok("GET", "/photos?lifecycle").header.Get("X-Amz-Transition-Default-Minimum-Object-Size"); got != varies {
		t.Errorf("minimum: got %q, want %q", got, varies)
	}
	w.ok("PUT", "/photos?lifecycle", lifecycleOf("<Rule><Status>Enabled</Status>"+days30+"<Filter/></Rule>"))
	if got := w.ok("GET", "/photos?lifecycle"); !regexp.MustCompile(`<ID>[\w-]{48}</ID>`).MatchString(got.body) {
		t.Errorf("a rule without an ID: got %v", got)
	}
	for range 2 {
		if got := w.do(w.root, "DELETE", "/photos?lifecycle"); got.status != 204 {
			t.Errorf("DELETE: got %v, want 204", got)
		}
	}
	if got := w.do(w.root, "GET", "/photos?lifecycle"); got.status != 404 || got.code != "NoSuchLifecycleConfiguration" {
		t.Errorf("GET after DELETE: got %v, want 404 NoSuchLifecycleConfiguration", got)
	}
}

// What would remove other objects than its writer means is refused, and the
// rules of before stay.
func TestLifecycleRefusals(t *testing.T) {
	w := newConfigured(t)
	w.ok("PUT", "/photos?lifecycle", expireLogs)
	filtered := func(filter string) string {
		return lifecycleOf("<Rule><ID>a</ID><Filter>" + filter + "</Filter><Status>Enabled</Status>" + days30 + "</Rule>")
	}
	acts := func(actions string) string { return lifecycleOf(lifecycleRule("a", actions)) }
	for _, tc := range []struct {
		name, body    string
		status        int
		code, message string
	}{
		{"a tag", filtered("<Tag><Key>a</Key><Value>b</Value></Tag>"), 501, "NotImplemented", "Filter by Tag"},
		{"and", filtered("<And><Prefix>a</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And>"), 501, "NotImplemented", "Filter by And"},
		{"a size", filtered("<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>"), 501, "NotImplemented", "Filter by ObjectSizeGreaterThan"},
		{"another size", filtered("<ObjectSizeLessThan>1</ObjectSizeLessThan>"), 501, "NotImplemented", "Filter by ObjectSizeLessThan"},
		{"a prefix and a tag", filtered("<Prefix>a</Prefix><Tag><Key>a</Key><Value>b</Value></Tag>"), 501, "NotImplemented", "Filter by Tag"},
		{"a filter of something else", filtered("<Suffix>a</Suffix>"), 400, "MalformedXML", ""},
		{"two prefixes", filtered("<Prefix>a</Prefix><Prefix></Prefix>"), 400, "MalformedXML", ""},
		{"a transition", acts(days30 + "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"), 501, "NotImplemented", "with Transition"},
		{"a noncurrent transition", acts(days30 + "<NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>"), 501, "NotImplemented", "NoncurrentVersionTransition"},
		{"all versions", acts("<Expiration><Days>1</Days><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions></Expiration>"), 400, "MalformedXML", ""},
		{"another action", acts(days30 + "<Shred/>"), 400, "MalformedXML", ""},
		{"no action", acts(""), 400, "InvalidRequest", "At least one action"},
		{"an empty expiration", acts("<Expiration/>"), 400, "MalformedXML", ""},
		{"days and markers", acts("<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"), 400, "MalformedXML", ""},
		{"days and a date", acts("<Expiration><Days>1</Days><Date>2030-01-01T00:00:00Z</Date></Expiration>"), 400, "MalformedXML", ""},
		{"no days", acts("<Expiration><Days>0</Days></Expiration>"), 400, "InvalidArgument", "&#39;Days&#39; for Expiration action must be a positive integer"},
		{"negative days", acts("<Expiration><Days>-3</Days></Expiration>"), 400, "InvalidArgument", "<ArgumentName>Days</ArgumentName>"},
		{"days without a number", acts("<Expiration><Days></Days></Expiration>"), 400, "InvalidArgument", "Days"},
		{"days that are no number", acts("<Expiration><Days>soon</Days></Expiration>"), 400, "MalformedXML", ""},
		{"days without an end", acts("<Expiration><Days>2147483648</Days></Expiration>"), 400, "MalformedXML", ""},
		{"days twice", acts("<Expiration><Days>365</Days><Days>1</Days></Expiration>"), 400, "MalformedXML", ""},
		{"two expirations", acts(days30 + "<Expiration><Days>1</Days></Expiration>"), 400, "MalformedXML", ""},
		{"not midnight", acts("<Expiration><Date>2030-01-01T12:00:00Z</Date></Expiration>"), 400, "InvalidArgument", "must be at midnight GMT"},
		{"another form of date", acts("<Expiration><Date>Fri, 01 Jan 2016 00:00:00 GMT</Date></Expiration>"), 400, "MalformedXML", ""},
		{"noncurrent without days", acts("<NoncurrentVersionExpiration><NewerNoncurrentVersions>1</NewerNoncurrentVersions></NoncurrentVersionExpiration>"), 400, "MalformedXML", ""},
		{"noncurrent at once", acts("<NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays></NoncurrentVersionExpiration>"), 400, "InvalidArgument", "NoncurrentDays"},
		{"uploads at once", acts("<AbortIncompleteMultipartUpload><DaysAfterInitiation>0</DaysAfterInitiation></AbortIncompleteMultipartUpload>"), 400, "InvalidArgument", "DaysAfterInitiation"},
		{"uploads without days", acts("<AbortIncompleteMultipartUpload/>"), 400, "MalformedXML", ""},
		{"no filter", lifecycleOf("<Rule><ID>a</ID><Status>Enabled</Status>" + days30 + "</Rule>"), 400, "MalformedXML", ""},
		{"a filter and a prefix", lifecycleOf("<Rule><ID>a</ID><Prefix>a</Prefix><Filter/><Status>Enabled</Status>" + days30 + "</Rule>"), 400, "MalformedXML", ""},
		{"no status", lifecycleOf("<Rule><ID>a</ID><Filter/>" + days30 + "</Rule>"), 400, "MalformedXML", ""},
		{"a status in lower case", lifecycleOf("<Rule><ID>a</ID><Filter/><Status>enabled</Status>" + days30 + "</Rule>"), 400, "MalformedXML", ""},
		{"one ID twice", lifecycleOf(lifecycleRule("a", days30), lifecycleRule("a", days30)), 400, "InvalidArgument", "Rule ID must be unique"},
		{"a long ID", lifecycleOf(lifecycleRule(strings.Repeat("i", 256), days30)), 400, "InvalidArgument", "ID length"},
		{"both forms", lifecycleOf(prefixRule("a", "a", days30), lifecycleRule("b", days30)), 400, "InvalidRequest", "Lifecycle V2"},
		{"overlaps in the first form", lifecycleOf(prefixRule("a", "a", days30), prefixRule("b", "a/b", days30)), 400, "InvalidRequest", "overlapping prefixes"},
		{"no rules", lifecycleOf(), 400, "MalformedXML", ""},
		{"1001 rules", lifecycleOf(strings.Repeat("<Rule><Filter/><Status>Enabled</Status>"+days30+"</Rule>", 1001)), 400, "MalformedXML", ""},
		{"another document", "<CORSConfiguration/>", 400, "MalformedXML", ""},
		{"half a document", expireLogs[:80], 400, "MalformedXML", ""},
		{"too deep", filtered("<And><Tag><Key><a/></Key></Tag></And>"), 400, "MalformedXML", ""},
		{"nothing", "", 400, "MissingRequestBodyError", ""},
	} {
		if got := w.do(w.root, "PUT", "/photos?lifecycle", tc.body); got.status != tc.status || got.code != tc.code || !strings.Contains(got.body, tc.message) {
			t.Errorf("%s: got %v, want %d %s: %s", tc.name, got, tc.status, tc.code, tc.message)
		}
	}
	if got := w.do(w.root, "PUT", "/photos?lifecycle", expireLogs, "X-Amz-Transition-Default-Minimum-Object-Size: 1"); got.code != "InvalidRequest" || !strings.Contains(got.body, "Invalid TransitionDefaultMinimumObjectSize found: 1") {
		t.Errorf("an unknown minimum: got %v", got)
	}
	if got := w.ok("GET", "/photos?lifecycle"); got.document() != expireLogs {
		t.Errorf("after refusals: got %v, want %s", got, expireLogs)
	}
	if got := w.ok("PUT", "/photos?lifecycle", lifecycleOf(strings.Repeat("<Rule><Filter/><Status>Enabled</Status>"+days30+"</Rule>", 1000))); got.status != 200 {
		t.Errorf("1000 rules: got %v", got)
	}
}

// Whatever lifecycle document is sent, it is refused, or read back as it will
// be obeyed.
func FuzzLifecycle(f *testing.F) {
	w := newWorld(f)
	w.front.ObeysLifecycle = true
	w.ok("PUT", "/photos")
	for _, document := range []string{expireLogs, expireLogs[:80], lifecycleOf(),
		lifecycleOf(prefixRule("a", "a", days30), prefixRule("b", "b", "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>")),
		lifecycleOf(lifecycleRule("a", "<Expiration><Date>2030-01-01T00:00:00+00:00</Date></Expiration><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>")),
		lifecycleOf(lifecycleRule("&#x9;&lt;", "<Expiration><ExpiredObjectDeleteMarker>1</ExpiredObjectDeleteMarker></Expiration>")),
		`<!DOCTYPE a [<!ENTITY b "c">]>` + lifecycleOf(lifecycleRule("&b;", days30))} {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document string) { w.in(t).readsBackAlike(t, "/photos?lifecycle", document) })
}
