package s3front

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

const (
	maxObject = 5 << 30 // bytes of one upload
	maxParts  = 10000
)

// bodyWay is how a body is read.
type bodyWay int

const (
	streamedBody bodyWay = iota // by the store, which keeps it; its client must keep up a pace
	wholeBody                   // by the door, within a time
)

// body returns the verified body of the request, whose client must not be too slow.
func (f *Front) body(r *request, way bodyWay) (*sigv4.Body, error) {
	in := &arriving{ReadCloser: r.Request.Body, control: r.control, pace: f.pace()}
	if way == wholeBody {
		in.pace.total = orElse(f.WholeBody, defaultWholeBody)
	}
	r.incoming = in
	own := *r.Request // net/http looks at its own when it answers
	own.Body = in
	body, err := r.signature.Body(&own)
	if err != nil {
		return nil, err
	}
	body.Hold = r.hold
	return body, r.hold(body.Held)
}

func (f *Front) pace() pace {
	return pace{stall: orElse(f.Stall, defaultStall), rate: orElse(f.MinRate, defaultMinRate)}
}

// storing is how many bytes of memory it takes to keep a content of size bytes:
// a piece as it came, and that piece sealed.
func storing(size int64) int64 { return 2 * min(size, piece) }

// content is the body of an upload for the store. Its last bytes are released
// only if its client still may do what it began to do.
func (f *Front) content(r *request) (objects.Body, error) {
	body, err := f.body(r, streamedBody)
	if err != nil {
		return objects.Body{}, err
	}
	if body.Size > maxObject {
		return objects.Body{}, refusal(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size").
			with("ProposedSize", strconv.FormatInt(body.Size, 10)).with("MaxSizeAllowed", strconv.FormatInt(maxObject, 10))
	}
	if err := r.hold(storing(body.Size)); err != nil {
		return objects.Body{}, err
	}
	in := objects.Body{Reader: &judgedBody{r: body, left: body.Size, again: func() error { return f.mayFinish(r) }}, Size: body.Size}
	if in.MD5, err = readMD5(r.Header); err != nil {
		return objects.Body{}, err
	}
	if in.Checksum, err = readChecksum(r.Header); err != nil {
		return objects.Body{}, err
	}
	if body.Trailer != "" {
		if in.Checksum.Algorithm != "" {
			return objects.Body{}, errTwoChecksums
		}
		in.Checksum = objects.Checksum{Algorithm: algorithmOf(body.Trailer), Type: objects.FullObject}
		in.Trailer = body.TrailerValue
	}
	return in, nil
}

// judgedBody asks once more whether its client may, before it gives the last
// of its bytes: an upload that was begun before a revocation does not finish
// after it.
type judgedBody struct {
	r     io.Reader
	left  int64
	again func() error
	err   error
}

func (b *judgedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left == 0 && n > 0 {
		if b.err = b.again(); b.err != nil {
			return 0, b.err
		}
	}
	return n, err
}

// again asks anew whether the request may be done: whether its key is still
// one, its session still stands, and its policies still allow it. It returns
// the request as its caller would make it now.
func (f *Front) again(r *request) (*request, error) {
	now := *r
	if err := f.identify(&now); err != nil {
		return nil, err
	}
	return &now, f.authorise(&now)
}

// mayFinish asks it of an upload whose last bytes have come.
func (f *Front) mayFinish(r *request) error {
	now, err := f.again(r)
	if err != nil {
		return err
	}
	r.caller = now.caller // whom the judge of the store's will ask about
	return nil
}

// send writes an object's content to the client, for as long as it may have it.
func (f *Front) send(w *answer, r *request, found *objects.Found) error {
	out := w.leaving()
	stop := f.rejudge(r, found.Tags, out)
	defer stop()
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	_, err := io.CopyBuffer(out, found.Body, *buffer)
	if err == nil {
		err = out.finish()
	}
	if err != nil {
		w.broken = true
	}
	return err
}

var buffers = sync.Pool{New: func() any { b := make([]byte, piece); return &b }}

// rejudge asks now and then whether the client still may have what it gets,
// and ends it when not.
func (f *Front) rejudge(r *request, tags []objects.Tag, out *leaving) (stop func()) {
	every := orElse(f.Rejudge, defaultRejudge)
	var mu sync.Mutex
	var timer *time.Timer
	over := false
	var ask func()
	next := func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			timer = time.AfterFunc(every, ask)
		}
	}
	ask = func() {
		now, err := f.again(r)
		if err == nil && now.judge != nil {
			err = now.judge(tags)
		}
		if err != nil {
			out.end(err)
			return
		}
		next()
	}
	next()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
		timer.Stop()
	}
}
