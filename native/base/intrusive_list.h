// A doubly linked list whose links live in the elements: inserting and removing never allocate.
#pragma once

#include <utility>

#include "base/assert.h"

namespace fairlead {

/// Base of what can be in one list at a time. Unlinks itself when destroyed.
class ListLink {
 public:
  ListLink() = default;
  ~ListLink() { unlink(); }
  ListLink(const ListLink&) = delete;
  ListLink& operator=(const ListLink&) = delete;

  bool linked() const { return next_ != this; }
  void unlink() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = this;
  }

 private:
  template <class T>
  friend class IntrusiveList;

  void insert_before(ListLink& other) {
    FAIRLEAD_ASSERT(!linked());
    previous_ = other.previous_;
    next_ = &other;
    other.previous_->next_ = this;
    other.previous_ = this;
  }

  ListLink* next_ = this;
  ListLink* previous_ = this;
};

/// T derives from ListLink. The list does not own its elements.
template <class T>
class IntrusiveList {
 public:
  IntrusiveList() = default;
  ~IntrusiveList() {
    while (pop_front() != nullptr) {
    }
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return !head_.linked(); }
  void push_back(T& item) { static_cast<ListLink&>(item).insert_before(head_); }
  void push_front(T& item) { static_cast<ListLink&>(item).insert_before(*head_.next_); }
  T* front() { return empty() ? nullptr : static_cast<T*>(head_.next_); }
  T* back() { return empty() ? nullptr : static_cast<T*>(head_.previous_); }
  /// The element behind `item`, or null.
  T* after(T& item) {
    ListLink* const next = static_cast<ListLink&>(item).next_;
    return next == &head_ ? nullptr : static_cast<T*>(next);
  }
  T* pop_front() {
    T* item = front();
    if (item != nullptr) static_cast<ListLink*>(item)->unlink();
    return item;
  }
  /// Moves every element of `other` to the end of this list.
  void take_all(IntrusiveList& other) {
    while (T* item = other.pop_front()) push_back(*item);
  }

 private:
  ListLink head_;
};

}  // namespace fairlead
