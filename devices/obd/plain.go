package obd

// Plain says a trouble code to a customer, by language (zh-Hans, zh-Hant, en).
func Plain(code string) map[string]string { return map[string]string{} }

// Text is the short technical text of a code, in English.
func Text(code string) string { return code }
