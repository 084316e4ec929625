package s3front

// What the door does about a header, and about a parameter of an operation, in
// words.

var classNames = map[class]string{unknown: "unknown", obeyed: "obeyed", ignored: "ignored", refused: "refused"}

// HeaderClass returns the class of a header, in lower case.
func HeaderClass(name string) string { return classNames[headerClasses[name]] }

// ParamClass returns the class of a parameter for a built operation.
func ParamClass(operation, name string) string {
	for _, op := range operations {
		if op.name == operation {
			return classNames[op.paramClass(name)]
		}
	}
	return ""
}

// KnownParam reports whether S3 has the parameter.
func KnownParam(name string) bool { return paramClasses[name] != unknown }
