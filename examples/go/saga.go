// A saga by plain HTTP: moves money from bank A to bank B, once with success and once in vain.
//
//	go run examples/go/saga.go [http://127.0.0.1:36789]
//
// The argument is a running treatyd. The banks are its participants: it calls them, this program
// serves both. It needs nothing but Go's standard library.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"sync"
)

type step struct{ gid, branchID string }

// A bank has one account. In real life balance and steps are rows of one database, and each call
// changes both in one transaction.
type bank struct {
	name, url string

	mu      sync.Mutex
	balance int
	steps   map[step]string // "done" or "undone"
}

func (b *bank) do(s step, change int) (int, string) {
	switch {
	case b.steps[s] == "done":
		return http.StatusOK, "done before"
	case b.steps[s] == "undone":
		return http.StatusConflict, "too late, this step has been undone"
	case b.balance+change < 0:
		return http.StatusConflict, fmt.Sprintf("%s has only %d", b.name, b.balance)
	}
	b.balance += change
	b.steps[s] = "done"
	return http.StatusOK, "done"
}

func (b *bank) undo(s step, change int) (int, string) {
	if b.steps[s] == "done" {
		b.balance -= change
	}
	b.steps[s] = "undone" // also if it was never done: it may still arrive
	return http.StatusOK, "undone"
}

func (b *bank) answer(path string, s step, amount int) (int, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch path {
	case "/out":
		return b.do(s, -amount)
	case "/out-undo":
		return b.undo(s, -amount)
	case "/in":
		return b.do(s, amount)
	case "/in-undo":
		return b.undo(s, amount)
	}
	return http.StatusNotFound, "no such call"
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var payload struct{ Amount int }
	if err := json.NewDecoder(r.Body).Decode(&payload); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	query := r.URL.Query()
	s := step{query.Get("gid"), query.Get("branch_id")}
	status, text := b.answer(r.URL.Path, s, payload.Amount)
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

func (b *bank) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprintf("%s %d", b.name, b.balance)
}

func startBank(name string, balance int) *bank {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	b := &bank{name: name, url: url, balance: balance, steps: map[step]string{}}
	go http.Serve(listener, b)
	return b
}

var treaty = "http://127.0.0.1:36789"

type reply struct {
	Gid     string
	Result  string `json:"dtm_result"`
	Message string
}

// read takes what http.Get and http.Post return. The reply is JSON whatever its status.
func read(response *http.Response, err error) (reply, error) {
	var r reply
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&r)
	return r, err
}

var reason = regexp.MustCompile(`return failed: (.*) FAILURE$`)

func runSaga(amount int, actions ...string) (string, error) {
	fresh, err := read(http.Get(treaty + "/api/dtmsvr/newGid"))
	if err != nil {
		return "", err
	}
	var steps []map[string]string
	var payloads []string
	for _, url := range actions {
		steps = append(steps, map[string]string{"action": url, "compensate": url + "-undo"})
		payloads = append(payloads, fmt.Sprintf(`{"amount": %d}`, amount))
	}
	body, err := json.Marshal(map[string]any{
		"gid":         fresh.Gid,
		"trans_type":  "saga",
		"wait_result": true,
		"steps":       steps,
		"payloads":    payloads,
	})
	if err != nil {
		return "", err
	}
	url := treaty + "/api/dtmsvr/submit"
	r, err := read(http.Post(url, "application/json", bytes.NewReader(body)))
	// 200 SUCCESS, 409 FAILURE: rolled back, 425 ONGOING: still at it, ask /query later.
	// Anything else, or no reply: submit again with the same gid, which never does it twice.
	if err != nil {
		return "", err
	}
	if found := reason.FindStringSubmatch(r.Message); found != nil {
		return fmt.Sprintf("%s (%s)", r.Result, found[1]), nil
	}
	return r.Result, nil
}

func expect(wanted, line string) {
	fmt.Println(line)
	if line != wanted {
		log.Fatal("expected: ", wanted)
	}
}

func main() {
	log.SetFlags(0)
	if len(os.Args) > 1 {
		treaty = os.Args[1]
	}
	a, b := startBank("A", 100), startBank("B", 100)

	expect("before: A 100, B 100", fmt.Sprintf("before: %v, %v", a, b))
	outcome, err := runSaga(30, a.url+"/out", b.url+"/in")
	if err != nil {
		log.Fatal(err)
	}
	expect("transfer of 30: SUCCESS; A 70, B 130",
		fmt.Sprintf("transfer of 30: %s; %v, %v", outcome, a, b))
	outcome, err = runSaga(500, b.url+"/in", a.url+"/out")
	if err != nil {
		log.Fatal(err)
	}
	expect("transfer of 500: FAILURE (A has only 70); A 70, B 130",
		fmt.Sprintf("transfer of 500: %s; %v, %v", outcome, a, b))
}
