package desk_test

import (
	"net/http"
	"testing"
)

func TestPlatesAndPhones(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	open := func(field, value string) (int, string) {
		in := opening()
		in[field] = value
		code, _, kind := f.call("checkin/open", in)
		return code, kind
	}
	for i, plate := range []string{
		"", "京A12345", "粤B·D12345", "粤BD12345", "沪AF12345", "苏E12345D", "川A1234警", "粤Z1234港", "京A1234学", "鄂A1234挂",
		"WJ京12345", "014001使", "沪A1234领", "京A123应急", "ABC 123", "KA12345", "b-xy 99", "京a12345",
	} {
		if code, kind := open("plate", plate); code != http.StatusOK {
			t.Errorf("the plate form %d is refused: %d %s", i, code, kind)
		}
	}
	for i, plate := range []string{"京", "京A1234", "京A123456", "京I12345", "京A1234O", "京A1234I", "火A12345", "A", "ABCDEFGHIJK", "粤BD12E45", "京A12345;", "<b>"} {
		if code, kind := open("plate", plate); code != http.StatusBadRequest || kind != "plate" {
			t.Errorf("the plate form %d: got %d %s, want it refused", i, code, kind)
		}
	}
	for i, phone := range []string{"", "13800000000", "+86 138-0000-0000", "(020) 12345678"} {
		if code, kind := open("phone", phone); code != http.StatusOK {
			t.Errorf("the phone form %d is refused: %d %s", i, code, kind)
		}
	}
	for i, phone := range []string{"1234", "1380000000x", "++8613800000000", "1234567890123456"} {
		if code, kind := open("phone", phone); code != http.StatusBadRequest || kind != "phone" {
			t.Errorf("the phone form %d: got %d %s, want it refused", i, code, kind)
		}
	}
}

func TestNothingIsTakenForGranted(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	tests := []struct {
		name   string
		change func(object)
		kind   string
	}{
		{"no request id", func(in object) { in["request"] = "x" }, "request"},
		{"a request id of zeros", func(in object) { in["request"] = "00000000000000000000000000000000" }, "request"},
		{"another language", func(in object) { in["lang"] = "fr" }, "not_one_of"},
		{"an enquiry opens no visit", func(in object) { in["purpose"] = "enquiry" }, "not_one_of"},
		{"an ID number is never asked", func(in object) { in["id_number"] = "1" }, "unknown_field"},
		{"neither marks nor none", func(in object) { in["walkround"] = object{} }, "no_walkround"},
		{"marks and none", func(in object) { in["walkround"] = object{"none": true, "marks": []string{"a"}} }, "no_walkround"},
		{"neither items nor none", func(in object) { in["belongings"] = object{"none": false} }, "no_belongings"},
	}
	for _, tt := range tests {
		in := opening()
		tt.change(in)
		f.refused("checkin/open", in, http.StatusBadRequest, tt.kind)
	}
}
