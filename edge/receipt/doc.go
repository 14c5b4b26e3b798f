// Package receipt is what a customer takes home: one file that proves, without a
// network and without trusting the shop's computers, what the shop has sealed of a
// visit.
//
// The file is a C2SP tlog-proof: the inclusion of the sealed leaf in its node's
// log, under a checkpoint that the node has signed and others have cosigned. Its
// extra data hold the shop's key, the signed roster, the leaf and what it commits
// to.
//
// It promises: verification is strict. Every line is rebuilt from what was read and
// must be the same bytes; every signature line must be one that is known and
// verifies. There is one form of a receipt, so that no flipped bit goes unseen.
//
// It does not prove that what was written is true, that everything was written, or
// when, beyond what a cosigner's clock says.
package receipt
