// Shared ownership inside one worker: a reference count without atomics.
#pragma once

#include <cstdint>
#include <utility>

namespace fairlead {

/// Base of what LocalRef counts. `last_reference()` is called instead of a destructor, so that an object may leave the
/// registry it is found by.
template <class T>
class LocalCounted {
 public:
  LocalCounted() = default;
  LocalCounted(const LocalCounted&) = delete;
  LocalCounted& operator=(const LocalCounted&) = delete;

 private:
  template <class U>
  friend class LocalRef;
  std::uint32_t references_ = 0;
};

/// Must be copied and dropped on the owning worker only.
template <class T>
class LocalRef {
 public:
  LocalRef() = default;
  explicit LocalRef(T* object) : object_(object) { acquire(); }
  LocalRef(const LocalRef& other) : object_(other.object_) { acquire(); }
  LocalRef(LocalRef&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  LocalRef& operator=(LocalRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~LocalRef() {
    if (object_ != nullptr && --counted().references_ == 0) object_->last_reference();
  }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  LocalCounted<T>& counted() const { return *object_; }
  void acquire() {
    if (object_ != nullptr) ++counted().references_;
  }

  T* object_ = nullptr;
};

}  // namespace fairlead
