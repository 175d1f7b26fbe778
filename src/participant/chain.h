// Lists whose links lie in their members: nothing is allocated, and a member leaves when it goes.

#pragma once

namespace treaty {

// A member's place in a chain; `Tag` tells its places apart.
template <typename Tag>
class ChainLink {
 public:
  ChainLink() = default;
  ~ChainLink() { Leave(); }
  ChainLink(const ChainLink&) = delete;
  ChainLink& operator=(const ChainLink&) = delete;

  bool linked() const { return next_ != nullptr; }

  void Leave() {
    if (!linked()) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  template <typename T, typename Other>
  friend class Chain;

  ChainLink* next_ = nullptr;
  ChainLink* previous_ = nullptr;
};

// Of members that inherit ChainLink<Tag>. Owns none of them.
template <typename T, typename Tag>
class Chain {
 public:
  Chain() { head_.next_ = head_.previous_ = &head_; }
  ~Chain() {
    while (!empty()) head_.next_->Leave();
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  bool empty() const { return head_.next_ == &head_; }

  // Null: empty.
  T* front() const { return MemberOf(head_.next_); }
  T* back() const { return MemberOf(head_.previous_); }
  // Null: `member` is the last.
  T* After(const T& member) const {
    return MemberOf(static_cast<const ChainLink<Tag>&>(member).next_);
  }

  // It leaves the chain that it stands in.
  void PushBack(T& member) {
    ChainLink<Tag>& link = member;
    link.Leave();
    link.next_ = &head_;
    link.previous_ = head_.previous_;
    head_.previous_->next_ = &link;
    head_.previous_ = &link;
  }

 private:
  T* MemberOf(ChainLink<Tag>* link) const {
    return link == &head_ ? nullptr : static_cast<T*>(link);
  }

  ChainLink<Tag> head_;
};

}  // namespace treaty
