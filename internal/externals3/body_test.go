package externals3_test

import (
	"crypto/md5"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

func sumOf(content string) string {
	sum, _ := sigv4.Checksum("x-amz-checksum-crc32", []byte(content))
	return sum
}

func TestBodyAsItIsSent(t *testing.T) {
	content := "some content"
	sum := sumOf(content)
	framed := "c\r\nsome content\r\n0\r\nx-amz-checksum-crc32:" + sum + "\r\n\r\n"
	trailer := map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Trailer": "x-amz-checksum-crc32",
		"X-Amz-Decoded-Content-Length": "12", "X-Amz-Sdk-Checksum-Algorithm": "CRC32", "Content-Encoding": "aws-chunked,gzip"}
	unsigned := "UNSIGNED-PAYLOAD"
	md := md5.Sum([]byte(content))
	for _, tc := range []struct {
		name    string
		content string
		said    objects.Body
		want    string
		header  map[string]string
	}{
		{"plain", content, objects.Body{}, content, map[string]string{"X-Amz-Content-Sha256": unsigned, "X-Amz-Trailer": "", "Content-Encoding": "gzip", "Content-Md5": ""}},
		{"with its MD5", content, objects.Body{MD5: md[:]}, content, map[string]string{"Content-Md5": "mJNTIjPK/5jNCDoRawE8Cw=="}},
		{"with a checksum", content, objects.Body{Checksum: objects.Checksum{Algorithm: "CRC32", Value: sum}}, content,
			map[string]string{"X-Amz-Content-Sha256": unsigned, "X-Amz-Checksum-Crc32": sum, "X-Amz-Sdk-Checksum-Algorithm": "CRC32"}},
		{"with a trailer", content, objects.Body{Checksum: objects.Checksum{Algorithm: "CRC32"}, Trailer: func() string { return sum }}, framed, trailer},
		{"with a checksum to be computed", content, objects.Body{Checksum: objects.Checksum{Algorithm: "CRC32"}}, framed, trailer},
		{"empty", "", objects.Body{}, "", map[string]string{"X-Amz-Content-Sha256": unsigned}},
		{"empty with a trailer", "", objects.Body{Checksum: objects.Checksum{Algorithm: "CRC32"}, Trailer: func() string { return "AAAAAA==" }}, "",
			map[string]string{"X-Amz-Content-Sha256": unsigned, "X-Amz-Checksum-Crc32": "AAAAAA==", "X-Amz-Trailer": ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t, says(200, "", made))
			p := put(tc.content)
			p.Headers.ContentEncoding = "gzip"
			p.Body.MD5, p.Body.Checksum, p.Body.Trailer = tc.said.MD5, tc.said.Checksum, tc.said.Trailer
			_, err := f.Put(t.Context(), p)
			must(t, err)
			got := f.requests()[0]
			equal(t, "body", got.body, tc.want)
			equal(t, "Content-Length", got.length, int64(len(tc.want)))
			for name, want := range tc.header {
				equal(t, name, got.header.Get(name), want)
			}
		})
	}
}

// ending gives a content and then fails instead of ending.
type ending struct {
	io.Reader
	err error
}

func (e ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = e.err
	}
	return n, err
}

// Whatever is wrong with a body comes back as it is, and the store gets no
// whole request to keep.
func TestBodyThatBreaksOff(t *testing.T) {
	broken := errors.New("the client has gone")
	large := strings.Repeat("x", 300_000)
	crc := objects.Checksum{Algorithm: "CRC32"}
	for _, tc := range []struct {
		name string
		body objects.Body
		want error
	}{
		{"in the middle", objects.Body{Reader: ending{strings.NewReader(large), broken}, Size: 400_000}, broken},
		{"at its very end, where all bytes were there", objects.Body{Reader: ending{strings.NewReader(large), broken}, Size: 300_000}, broken},
		{"at once", objects.Body{Reader: ending{strings.NewReader(""), broken}, Size: 10}, broken},
		{"at its end, with a trailer", objects.Body{Reader: ending{strings.NewReader(large), broken}, Size: 300_000, Checksum: crc, Trailer: func() string { return sumOf(large) }}, broken},
		{"empty", objects.Body{Reader: ending{strings.NewReader(""), broken}}, broken},
		{"it ends early", objects.Body{Reader: strings.NewReader("short"), Size: 10}, io.ErrUnexpectedEOF},
		{"it is longer than was said", objects.Body{Reader: strings.NewReader(large), Size: 10}, nil},
		{"a trailer that is none", objects.Body{Reader: strings.NewReader(large), Size: 300_000, Checksum: crc, Trailer: func() string { return "" }}, objects.BadDigest},
		{"an empty one with a trailer that is none", objects.Body{Reader: strings.NewReader(""), Checksum: crc, Trailer: func() string { return "no" }}, objects.BadDigest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t, says(200, "", made))
			for name, send := range map[string]func() error{
				"Put": func() error {
					return second(f.Put(t.Context(), objects.Put{Bucket: "bucket", Key: "key", Body: tc.body}))
				},
				"PutPart": func() error {
					return second(f.PutPart(t.Context(), objects.PutPart{Upload: objects.Upload{Bucket: "bucket", Key: "key", ID: "id"}, Number: 1, Body: tc.body}))
				},
			} {
				if seeker, ok := tc.body.Reader.(io.Seeker); ok {
					_, err := seeker.Seek(0, io.SeekStart)
					must(t, err)
				} else if e := tc.body.Reader.(ending); true {
					_, err := e.Reader.(io.Seeker).Seek(0, io.SeekStart)
					must(t, err)
				}
				if err := send(); err == nil || tc.want != nil && !errors.Is(err, tc.want) {
					t.Errorf("%s: got %v, want %v", name, err, tc.want)
				}
			}
			for _, a := range f.requests() {
				if a.err == nil {
					t.Errorf("the store got a whole request, with %d bytes", len(a.body))
				}
			}
		})
	}
}

func TestStoreThatAnswersEarly(t *testing.T) {
	f := newFake(t, nil)
	early := make(chan struct{})
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"e"`)
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		<-early
	})
	f.Store = newStore(t, server)
	slow, client := io.Pipe()
	defer client.Close()
	p := put("")
	p.Body = objects.Body{Reader: slow, Size: 1 << 20}
	_, err := f.Put(t.Context(), p)
	close(early)
	internal(t, err)
}

func TestChecksumOfAnUnknownAlgorithm(t *testing.T) {
	f := newFake(t, says(200, "", made))
	p := put("content")
	p.Body.Checksum.Algorithm = "MD4"
	refusedWith(t, second(f.Put(t.Context(), p)), objects.BadChecksum)
	equal(t, "requests", len(f.requests()), 0)
}
