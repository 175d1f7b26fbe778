package main

import (
	"context"
	"encoding/json"
	"net"
	"regexp"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"interop/bank"
	"interop/dtmgimp"
	"interop/workflow"
)

// Story is one scenario's transaction, with the participants and the clients that it needs.
type Story struct {
	calls   *Calls
	service *Bank
	server  *grpc.Server
	address string
	bank    bank.BankClient
	dtm     dtmgimp.DtmClient
	gid     string
}

// NewStory serves the participants and asks treatyd for a gid.
func NewStory(ctx context.Context, treatyd string) (*Story, error) {
	s := &Story{calls: &Calls{}, server: grpc.NewServer()}
	s.service = &Bank{calls: s.calls, wasBusy: map[string]bool{}}
	bank.RegisterBankServer(s.server, s.service)
	workflow.RegisterWorkflowServer(s.server, &Resumed{calls: s.calls, resume: s.resume})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go s.server.Serve(listener) // Until the program ends.
	s.address = listener.Addr().String()
	if err := s.connect(treatyd); err != nil {
		return nil, err
	}
	reply, err := s.dtm.NewGid(ctx, &emptypb.Empty{})
	if err != nil {
		return nil, err
	}
	s.gid = reply.GetGid()
	return s, nil
}

// connect makes the clients of the bank and of treatyd.
func (s *Story) connect(treatyd string) error {
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	toBank, err := grpc.Dial(s.address, plain)
	if err != nil {
		return err
	}
	toDtm, err := grpc.Dial(treatyd, plain)
	if err != nil {
		return err
	}
	s.bank, s.dtm = bank.NewBankClient(toBank), dtmgimp.NewDtmClient(toDtm)
	return nil
}

// url returns a method of the bank as treatyd is to call it.
func (s *Story) url(method string) string {
	return s.address + "/bank.Bank/" + method
}

// order returns an order with flags that the caller sets.
func order(flags *bank.Order) *bank.Order {
	made := &bank.Order{Amount: 30}
	proto.Merge(made, flags)
	return made
}

// bytesOf returns an order in the form it has on the wire.
func bytesOf(order *bank.Order) []byte {
	data, err := proto.Marshal(order)
	if err != nil {
		panic(err) // Cannot be, of a message with such fields.
	}
	return data
}

// textOf returns a value as JSON.
func textOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // Cannot be, of such values.
	}
	return string(text)
}

var hump = regexp.MustCompile("([a-z])([A-Z])")

// codeOf names a call's status as gRPC's own documents do, such as ALREADY_EXISTS.
func codeOf(err error) string {
	name := status.Code(err).String()
	return strings.ToUpper(hump.ReplaceAllString(name, "${1}_${2}"))
}

// request is waited for and soon repeated.
func (s *Story) request(model string) *dtmgimp.DtmRequest {
	return &dtmgimp.DtmRequest{
		Gid: s.gid, TransType: model,
		TransOptions: &dtmgimp.DtmTransOptions{WaitResult: true, RetryInterval: 1},
	}
}

// submit runs a transaction.
func (s *Story) submit(ctx context.Context, request *dtmgimp.DtmRequest) error {
	_, err := s.dtm.Submit(ctx, request)
	return err
}

// prepare stores a transaction that is submitted or aborted later.
func (s *Story) prepare(ctx context.Context, request *dtmgimp.DtmRequest) error {
	_, err := s.dtm.Prepare(ctx, request)
	return err
}

// register adds a branch or records a workflow's step.
func (s *Story) register(ctx context.Context, branch *dtmgimp.DtmBranchRequest) error {
	_, err := s.dtm.RegisterBranch(ctx, branch)
	return err
}

// within returns a context whose calls say that they are a part of the transaction.
func (s *Story) within(ctx context.Context, model, branchID, op string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "dtm-gid", s.gid, "dtm-trans_type", model,
		"dtm-branch_id", branchID, "dtm-op", op)
}

// move calls TransOut or TransIn with such a context.
func (s *Story) move(
	ctx context.Context, method string, order *bank.Order,
) (*bank.Receipt, error) {
	if method == "TransOut" {
		return s.bank.TransOut(ctx, order)
	}
	return s.bank.TransIn(ctx, order)
}
