package job

// Promise reports whether an event of this kind is a promise to a customer: others
// shall have seen it before he leaves with it, so that nobody can unwrite it (a
// signature, a consent, a key let go, a gate pass, a sealed visit).
func Promise(kind string) bool {
	switch kind {
	case Signed{}.Kind(), Declined{}.Kind(), Consented{}.Kind(), UnlockIntended{}.Kind(), HandbackSigned{}.Kind(),
		GatepassIssued{}.Kind(), Sealed{}.Kind(), Amended{}.Kind():
		return true
	}
	return false
}
