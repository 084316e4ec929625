package awsapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"muster/internal/awswire"
)

type requestIDKey struct{}

// WithRequestID answers a context that carries a request's id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID answers the id of the request ctx belongs to; "" when it has none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// panicError is a panic on its way to the log.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// record writes the one log record of a request. Of the input it holds what
// permission was asked for, and the reason of a refusal only where it tells who may not do what.
func (a *API) record(x *exchange, reply *awswire.Reply, said *refusal, sendErr error) {
	level, status := slog.LevelInfo, reply.Status
	attrs := []slog.Attr{slog.String("request", x.id), slog.String("client", x.client().String())}
	if x.signature != nil {
		attrs = append(attrs, slog.String("service", x.signature.Scope.Service), slog.String("region", x.signature.Scope.Region))
	}
	if x.call != nil {
		attrs = append(attrs, slog.String("operation", x.call.Operation))
	}
	if x.caller != nil {
		attrs = append(attrs, slog.String("caller", string(x.caller.ARN)))
	} else if x.signature != nil {
		attrs = append(attrs, slog.String("key", x.signature.AccessKey))
	}
	if asked := x.asked.String(); asked != "" {
		attrs = append(attrs, slog.String("resource", asked))
	}
	if said != nil {
		attrs = append(attrs, slog.String("error", reply.Error), slog.String("kind", said.kind))
		if reply.Status == http.StatusForbidden {
			attrs = append(attrs, slog.String("reason", said.message))
		}
		attrs = append(attrs, causeOf(said)...)
		switch {
		case errors.Is(said.cause, context.Canceled):
			status = statusClientClosed
		case reply.Status >= http.StatusInternalServerError && said.cause != nil:
			level = slog.LevelError
		}
	}
	if sendErr != nil {
		attrs = append(attrs, slog.String("undelivered", sendErr.Error()))
	}
	attrs = append(attrs, slog.Int("status", status), slog.Duration("duration", a.now().Sub(x.start)))
	a.Log.LogAttrs(x.r.Context(), level, "request", attrs...)
}

func causeOf(said *refusal) []slog.Attr {
	if said.cause == nil {
		return nil
	}
	attrs := []slog.Attr{slog.String("cause", said.cause.Error())}
	var p *panicError
	if errors.As(said.cause, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	return attrs
}
