package web

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rules are what a `rule` tag says of a field: `rule:"required,max=40,enum=a|b"`.
// max counts characters of a string (each of a list of strings) and enum holds for
// a non-empty string. They stand in the OpenAPI document as they are held here.
type rules struct {
	required bool
	max      int
	items    int
	enum     []string
}

func parseRules(tag string) rules {
	var r rules
	for word := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "required":
			r.required = true
		case "max":
			r.max, _ = strconv.Atoi(value) // a tag is ours: TestRules reads them all
		case "items":
			r.items, _ = strconv.Atoi(value)
		case "enum":
			r.enum = strings.Split(value, "|")
		}
	}
	return r
}

// Check holds the `rule` tags of the struct that v points to: "required" (not the
// zero value, and not blanks alone), "max=N" characters, "items=N" entries, "enum=a|b".
func Check(v any) error {
	rv := reflect.Indirect(reflect.ValueOf(v))
	if rv.Kind() != reflect.Struct {
		return nil
	}
	return checkStruct(rv, "")
}

func checkStruct(v reflect.Value, path string) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		at := strings.TrimPrefix(path+"."+name, ".")
		if f.Anonymous {
			at = path
		}
		if err := checkField(v.Field(i), at, parseRules(f.Tag.Get("rule"))); err != nil {
			return err
		}
	}
	return nil
}

func checkField(v reflect.Value, at string, r rules) error {
	if r.required && empty(v) {
		return Fail(http.StatusBadRequest, "missing", "the field "+at+" is missing", "fill it in")
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return checkString(v.String(), at, r)
	case reflect.Struct:
		return checkStruct(v, at)
	case reflect.Slice:
		return checkSlice(v, at, r)
	default:
		return nil
	}
}

// empty says that nothing is filled in: blanks are no name and no reason.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice:
		return v.Len() == 0
	case reflect.String:
		return strings.TrimSpace(v.String()) == ""
	}
	return v.IsZero()
}

func checkSlice(v reflect.Value, at string, r rules) error {
	if r.items > 0 && v.Len() > r.items {
		return Fail(http.StatusBadRequest, "too_long", fmt.Sprintf("the field %s has more than %d entries", at, r.items), "send fewer")
	}
	for i := range v.Len() {
		e := v.Index(i)
		if e.Kind() != reflect.String && e.Kind() != reflect.Struct {
			return nil
		}
		if err := checkField(e, at, rules{max: r.max, enum: r.enum}); err != nil {
			return err
		}
	}
	return nil
}

func checkString(s, at string, r rules) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' }) {
		return Fail(http.StatusBadRequest, "text", "the field "+at+" holds control characters", "send plain text")
	}
	if r.max > 0 && utf8.RuneCountInString(s) > r.max {
		return Fail(http.StatusBadRequest, "too_long", fmt.Sprintf("the field %s is longer than %d characters", at, r.max), "shorten it")
	}
	if len(r.enum) > 0 && s != "" && !slices.Contains(r.enum, s) {
		return Fail(http.StatusBadRequest, "not_one_of", "the field "+at+" is not one of "+strings.Join(r.enum, ", "), "send one of them")
	}
	return nil
}
