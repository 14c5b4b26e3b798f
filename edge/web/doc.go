// Package web guards every HTTP request and serves actions, pages and WebSockets;
// the hub of an edge and the central server both stand on it.
//
// It promises: no request passes with a Host or an Origin that is not on the list;
// nothing changes without a POST of ours (JSON, X-Pitlane: 1, at most 64 KiB, no
// unknown field); the mux and the OpenAPI document come from one table; a slow
// screen is dropped, never queued for.
//
// It does not know jobs, and it writes no personal data into logs or metrics.
package web
