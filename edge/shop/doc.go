// Package shop makes a shop's identity: its CA, its signed roster, and one folder
// a node with the keys and certificates that node needs; and it reads the
// configuration file in such a folder into the words of whoever runs there.
//
// It promises: a node's name is unique and well formed, secrets are written with
// mode 0600, and the rosters in all node folders here are those that were signed
// last; what is wrong in a configuration is said with its place and a next step.
//
// It does not copy folders to other machines and it runs no broker.
package shop
