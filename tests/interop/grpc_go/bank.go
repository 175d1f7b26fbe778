package main

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"interop/bank"
	"interop/workflow"
)

var (
	seal   = []byte("\x00sealed\xff\x00")
	passed = []string{"x-color", "x-trace"}
)

// Calls is what the participants were asked, in the order they were.
type Calls struct {
	mutex sync.Mutex
	told  [][]string
}

// metadataOf returns the value of a call's metadata, or nothing.
func metadataOf(ctx context.Context, key string) string {
	return strings.Join(metadata.ValueFromIncomingContext(ctx, key), ",")
}

// Note adds a call.
func (c *Calls) Note(ctx context.Context, method, amount, note, outcome string) {
	call := []string{method}
	for _, key := range []string{"dtm-gid", "dtm-trans_type", "dtm-branch_id", "dtm-op"} {
		call = append(call, metadataOf(ctx, key))
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.told = append(c.told, append(call, amount, note, outcome))
}

// All returns a copy of them.
func (c *Calls) All() [][]string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return append([][]string{}, c.told...)
}

// Bank is the participants, and the sender whose local transactions are committed or not.
type Bank struct {
	bank.UnimplementedBankServer
	calls *Calls

	mutex     sync.Mutex
	committed bool
	wasBusy   map[string]bool
}

// Commit ends the sender's local transaction.
func (b *Bank) Commit() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.committed = true
}

// take notes the call and answers as the order says.
func (b *Bank) take(ctx context.Context, method string, order *bank.Order) (*bank.Receipt, error) {
	outcome, err := b.judge(method, order)
	var notes []string
	for _, key := range passed {
		if value := metadataOf(ctx, key); value != "" {
			notes = append(notes, value)
		}
	}
	amount := strconv.FormatInt(order.GetAmount(), 10)
	b.calls.Note(ctx, method, amount, strings.Join(notes, " "), outcome)
	if err != nil {
		return nil, err
	}
	return &bank.Receipt{Seal: seal}, nil
}

// judge tells how a call ends.
func (b *Bank) judge(method string, order *bank.Order) (string, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	moves := method == "TransOut" || method == "TransIn"
	switch {
	case method == "QueryPrepared" && !b.committed:
		return "refused", status.Error(codes.Aborted, "nothing was done")
	case moves && order.GetRefuse() != "":
		return "refused", status.Error(codes.Aborted, order.GetRefuse())
	case moves && order.GetBusy() && !b.wasBusy[method]:
		b.wasBusy[method] = true
		return "busy", status.Error(codes.FailedPrecondition, "come again")
	}
	return "done", nil
}

// The methods of the bank, which are all alike.

func (b *Bank) TransOut(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "TransOut", in)
}

func (b *Bank) TransOutRevert(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "TransOutRevert", in)
}

func (b *Bank) TransOutConfirm(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "TransOutConfirm", in)
}

func (b *Bank) TransOutCancel(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "TransOutCancel", in)
}

func (b *Bank) TransIn(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "TransIn", in)
}

func (b *Bank) TransInRevert(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "TransInRevert", in)
}

func (b *Bank) TransInConfirm(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "TransInConfirm", in)
}

func (b *Bank) TransInCancel(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "TransInCancel", in)
}

func (b *Bank) QueryPrepared(ctx context.Context, in *bank.Order) (*bank.Receipt, error) {
	return b.take(ctx, "QueryPrepared", in)
}

// Resumed is where treatyd resumes a workflow.
type Resumed struct {
	workflow.UnimplementedWorkflowServer
	calls  *Calls
	resume func(ctx context.Context, gid string) error
}

// Execute goes on with the workflow that the metadata names.
func (r *Resumed) Execute(
	ctx context.Context, in *workflow.WorkflowData,
) (*emptypb.Empty, error) {
	r.calls.Note(ctx, "Execute", "", hex.EncodeToString(in.GetData()), "done")
	if err := r.resume(ctx, metadataOf(ctx, "dtm-gid")); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
