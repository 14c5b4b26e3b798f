package shop

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ConfigError says what is wrong in a configuration file, where, and what to do.
type ConfigError struct {
	File    string
	Line    int // 0 where it is not one place
	Column  int
	Message string
	Hint    string
	Err     error
}

func (e *ConfigError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	}
	return fmt.Sprintf("%s: %s", e.File, e.Message)
}

// Unwrap gives the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// NextStep is the hint, for whoever prints the error in one line.
func (e *ConfigError) NextStep() string { return e.Hint }

// ReadConfig reads the bytes of a configuration file. Its error is a *ConfigError.
func ReadConfig(file string) ([]byte, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		cause := err
		if p, ok := errors.AsType[*fs.PathError](err); ok {
			cause = p.Err // it names the file, as this error does
		}
		return nil, &ConfigError{File: file, Message: "cannot read the configuration: " + cause.Error(), Err: err,
			Hint: "name an existing file with --config; `pitlane shop add` writes one into the node's folder"}
	}
	return body, nil
}

// ParseConfig reads TOML into a struct whose toml tags are all the keys there are. Its
// error is a *ConfigError with the place, and with the key that was probably meant.
func ParseConfig[T any](file string, body []byte, into *T) error {
	if err := toml.NewDecoder(bytes.NewReader(body)).DisallowUnknownFields().Decode(into); err != nil {
		return located(file, err, reflect.TypeFor[T]())
	}
	return nil
}

// located brings the two kinds of TOML errors into ours.
func located(file string, err error, of reflect.Type) *ConfigError {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, column := first.Position()
		key := strings.Join(first.Key(), ".")
		return &ConfigError{File: file, Line: line, Column: column, Err: err,
			Message: "unknown key " + key, Hint: nearest(key, knownKeys(of, ""))}
	}
	if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := bad.Position()
		return &ConfigError{File: file, Line: line, Column: column, Err: err,
			Message: strings.TrimPrefix(bad.Error(), "toml: "), Hint: "compare the line with the guide, or with the file that `pitlane shop add` writes"}
	}
	return &ConfigError{File: file, Message: err.Error(), Hint: "compare it with the file that `pitlane shop add` writes", Err: err}
}

// knownKeys are all keys a configuration may have, from the types that read it.
func knownKeys(t reflect.Type, prefix string) []string {
	keys := []string{}
	for f := range t.Fields() {
		name := f.Tag.Get("toml")
		if name == "-" || name == "" {
			continue
		}
		keys = append(keys, prefix+name)
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, knownKeys(inner, prefix+name+".")...)
		}
	}
	return keys
}

// nearest names the known key that was probably meant.
func nearest(key string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		if d := distance(key, k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	table := key[:max(strings.LastIndex(key, "."), 0)]
	beside := slices.DeleteFunc(slices.Clone(known), func(k string) bool {
		return k[:max(strings.LastIndex(k, "."), 0)] != table
	})
	if len(beside) == 0 {
		return "remove it"
	}
	return "remove it; known here: " + strings.Join(beside, ", ")
}

// distance is how many letters differ (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost = 1 + min(last, row[j], row[j+1])
			}
			last, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
