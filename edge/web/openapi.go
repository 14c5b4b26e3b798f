package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// object keeps the document a plain tree; the order of keys is the alphabet's.
type object = map[string]any

func document(title string, actions []Action) object {
	s := &schemas{known: object{}}
	paths := object{}
	for _, a := range actions {
		path := documentPath(a.Path)
		ops, ok := paths[path].(object)
		if !ok {
			ops = object{}
			paths[path] = ops
		}
		ops[strings.ToLower(a.Method)] = operation(s, a)
	}
	s.of(reflect.TypeFor[ErrorBody]())
	return object{
		"openapi":    "3.1.0",
		"info":       object{"title": title, "version": "1"},
		"paths":      paths,
		"components": object{"schemas": s.known},
	}
}

// documentPath writes the wildcards of ServeMux as OpenAPI does: {path...} is
// {path}, and a trailing {$} is nothing.
func documentPath(p string) string {
	return strings.ReplaceAll(strings.ReplaceAll(p, "...}", "}"), "{$}", "")
}

func operation(s *schemas, a Action) object {
	op := object{"summary": a.Summary, "operationId": operationID(a)}
	var params []object
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(documentPath(a.Path), -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range a.Params {
		params = append(params, object{"name": p.Name, "in": "query", "description": p.Doc, "schema": object{"type": "string"}})
	}
	if a.Method == http.MethodPost {
		params = append(params, object{"name": HeaderName, "in": "header", "required": true, "schema": object{"const": "1"}})
	}
	if params != nil {
		op["parameters"] = params
	}
	if a.In != nil {
		media := object{"schema": s.of(a.In)}
		if a.Sample != nil {
			media["example"] = a.Sample
		}
		op["requestBody"] = object{"required": true, "content": object{jsonType: media}}
	}
	op["responses"] = object{
		"200":     object{"description": "done", "content": object{a.Answer: object{"schema": answerSchema(s, a)}}},
		"default": object{"description": "refused", "content": object{jsonType: object{"schema": s.of(reflect.TypeFor[ErrorBody]())}}},
	}
	return op
}

func answerSchema(s *schemas, a Action) any {
	switch {
	case a.Out != nil:
		return s.of(a.Out)
	case a.Answer == jsonType:
		return object{}
	default:
		return object{"type": "string"}
	}
}

func operationID(a Action) string {
	words := strings.FieldsFunc(a.Path, func(r rune) bool { return !isWordRune(r) })
	return strings.ToLower(a.Method) + "_" + strings.Join(words, "_")
}

func isWordRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// schemas collects the named types of the document.
type schemas struct{ known object }

func (s *schemas) of(t reflect.Type) any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return object{}
	}
	if t.Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()) {
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.structure(t)
	case reflect.Slice, reflect.Array:
		return s.list(t)
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	default:
		return simple(t.Kind())
	}
}

func simple(k reflect.Kind) object {
	switch k {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Interface:
		return object{}
	default:
		return object{"type": "integer"}
	}
}

func (s *schemas) list(t reflect.Type) any {
	if t.Elem().Kind() == reflect.Uint8 && t.Kind() == reflect.Slice {
		return object{"type": "string", "contentEncoding": "base64"}
	}
	return object{"type": []string{"array", "null"}, "items": s.of(t.Elem())}
}

// structure names a struct once in the components, so that types may recur.
func (s *schemas) structure(t reflect.Type) any {
	if t.Name() == "" || strings.Contains(t.Name(), "[") {
		return s.fields(t)
	}
	pkg := t.PkgPath()
	name := pkg[strings.LastIndex(pkg, "/")+1:] + "." + t.Name()
	ref := object{"$ref": "#/components/schemas/" + name}
	if _, ok := s.known[name]; ok {
		return ref
	}
	s.known[name] = object{}
	s.known[name] = s.fields(t)
	return ref
}

func (s *schemas) fields(t reflect.Type) object {
	props, required := object{}, []string{}
	s.collect(t, props, &required)
	out := object{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func (s *schemas) collect(t reflect.Type, props object, required *[]string) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			s.collect(f.Type, props, required)
			continue
		}
		if !f.IsExported() || name == "-" || name == "" {
			continue
		}
		r := parseRules(f.Tag.Get("rule"))
		props[name] = ruled(s.of(f.Type), r, f.Tag.Get("doc"))
		if r.required {
			*required = append(*required, name)
		}
	}
}

// ruled adds what the tags say to a schema.
func ruled(schema any, r rules, doc string) any {
	o, ok := schema.(object)
	if !ok {
		return schema
	}
	inner := o
	if items, ok := o["items"].(object); ok {
		inner = items
		if r.items > 0 {
			o["maxItems"] = r.items
		}
	}
	if r.max > 0 {
		inner["maxLength"] = r.max
	}
	if len(r.enum) > 0 {
		values := r.enum
		if !r.required {
			values = append([]string{""}, r.enum...)
		}
		inner["enum"] = values
	}
	if doc != "" {
		o["description"] = doc
	}
	return o
}
