// The border: the engine as one JavaScript class. It converts arguments, turns failures into coded errors and guarantees
// that no native thread outlives the process or its JavaScript environment; everything else is the engine's.
#include <napi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bindings/alive.h"
#include "bindings/generated/abi.gen.h"
#include "engine/engine.h"

namespace fairlead::bindings {
namespace {

void fail(Napi::Env env, const char* code, const char* message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  error.ThrowAsJavaScriptException();
}

void refuse_argument(Napi::Env env, const char* message) {
  Napi::TypeError error = Napi::TypeError::New(env, message);
  error.Set("code", Napi::String::New(env, "ERR_INVALID_ARG_TYPE"));
  error.ThrowAsJavaScriptException();
}

/// Wakes JavaScript. The queue holds one call: while it is full, that call has yet to read the events.
class JavaScriptWaker final : public engine::Waker {
 public:
  ~JavaScriptWaker() override { release(); }

  bool open(Napi::Env env, const Napi::Function& on_events) {
    const Napi::String name = Napi::String::New(env, "fairlead events");
    if (napi_create_threadsafe_function(env, on_events, nullptr, name, 1, 1, nullptr, nullptr, nullptr, nullptr,
                                        &function_) != napi_ok) {
      return false;
    }
    return napi_unref_threadsafe_function(env, function_) == napi_ok;
  }

  // Any thread.
  void wake() override { napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking); }

  void keep_alive(Napi::Env env, bool keep) {
    if (function_ == nullptr) return;
    if (keep) {
      napi_ref_threadsafe_function(env, function_);
    } else {
      napi_unref_threadsafe_function(env, function_);
    }
  }

  /// Only after the engine has joined its threads.
  void release() {
    if (function_ == nullptr) return;
    napi_release_threadsafe_function(function_, napi_tsfn_abort);
    function_ = nullptr;
  }

 private:
  napi_threadsafe_function function_ = nullptr;
};

/// Reads the option `name` into `out` when it is there. False, with an error thrown, unless it is a whole number within
/// [low, high].
template <class T>
bool read_option(Napi::Env env, const Napi::Object& options, const char* name, double low, double high, T& out) {
  const Napi::Value value = options.Get(name);
  if (env.IsExceptionPending()) return false;
  if (value.IsUndefined()) return true;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= low && number <= high) || number != static_cast<double>(static_cast<std::uint64_t>(number))) {
    const std::string message = std::string("option \"") + name + "\" is out of range";
    refuse_argument(env, message.c_str());
    return false;
  }
  out = static_cast<T>(number);
  return true;
}

/// Reads the text `name` of an object into `out`. False, with an error thrown, unless it is one.
bool read_text(Napi::Env env, const Napi::Object& object, const char* name, std::string& out) {
  const Napi::Value value = object.Get(name);
  if (env.IsExceptionPending()) return false;
  if (value.IsString()) {
    out = value.As<Napi::String>().Utf8Value();
    return true;
  }
  const std::string message = std::string("\"") + name + "\" of a question must be a string";
  refuse_argument(env, message.c_str());
  return false;
}

bool read_options(Napi::Env env, const Napi::Object& object, engine::Options& options) {
  constexpr double kMostBytes = 1ULL << 40;
  return read_option(env, object, "workers", 1, 64, options.workers) &&
         read_option(env, object, "maxConnections", 1, 4'000'000'000, options.max_connections) &&
         read_option(env, object, "idleBufferBytes", 0, kMostBytes, options.idle_buffer_bytes) &&
         read_option(env, object, "pollMicroseconds", 0, 1'000'000, options.poll_microseconds) &&
         read_option(env, object, "pollAdaptive", 0, 1, options.poll_adaptive) &&
         read_option(env, object, "spliceBytes", 0, 1 << 30, options.splice_bytes) &&
         (object.Get("resolvConfig").IsUndefined() || read_text(env, object, "resolvConfig", options.resolv_config)) &&
         read_option(env, object, "resolvDepth", 0, 255, options.resolv_depth);
}

/// Milliseconds from JavaScript as nanoseconds; a year at most, which is as good as for ever. False unless it is a
/// number that is not negative.
bool read_duration(const Napi::Value& value, Nanos& out) {
  constexpr double kMost = 365.0 * 24 * 3600 * 1000;
  if (!value.IsNumber()) return false;
  const double milliseconds = value.As<Napi::Number>().DoubleValue();
  if (!(milliseconds >= 0)) return false;
  out = static_cast<Nanos>(milliseconds < kMost ? milliseconds : kMost) * kMillisecond;
  return true;
}

/// Reads {head, entryPoint, tls, serverName, client, nearMisses}; `head` is bytes. False, with an error thrown, when
/// something is missing.
bool read_question(Napi::Env env, const Napi::Value& value, engine::Question& question) {
  constexpr double kMostMisses = 1000;
  if (!value.IsObject()) {
    refuse_argument(env, "a question is an object");
    return false;
  }
  const auto object = value.As<Napi::Object>();
  const Napi::Value head = object.Get("head");
  if (env.IsExceptionPending()) return false;
  if (!head.IsTypedArray() || head.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    refuse_argument(env, "\"head\" of a question must be a Uint8Array");
    return false;
  }
  auto bytes = head.As<Napi::Uint8Array>();
  question.head.assign(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
  question.tls = object.Get("tls").ToBoolean();
  return read_text(env, object, "entryPoint", question.entry_point) &&
         read_text(env, object, "serverName", question.server_name) &&
         read_text(env, object, "client", question.client) &&
         read_option(env, object, "nearMisses", 0, kMostMisses, question.near_misses);
}

class Engine final : public Napi::ObjectWrap<Engine> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Engine",
                       {
                           InstanceMethod<&Engine::start>("start"),
                           InstanceMethod<&Engine::apply>("apply"),
                           InstanceMethod<&Engine::check>("check"),
                           InstanceMethod<&Engine::explain>("explain"),
                           InstanceMethod<&Engine::explain_current>("explainCurrent"),
                           InstanceMethod<&Engine::receipt>("receipt"),
                           InstanceMethod<&Engine::read_stats>("readStats"),
                           InstanceMethod<&Engine::read_limits>("readLimits"),
                           InstanceMethod<&Engine::read_events>("readEvents"),
                           InstanceMethod<&Engine::read_health>("readHealth"),
                           InstanceMethod<&Engine::drain>("drain"),
                           InstanceMethod<&Engine::reopen_logs>("reopenLogs"),
                           InstanceMethod<&Engine::ref>("ref"),
                           InstanceMethod<&Engine::unref>("unref"),
                           InstanceMethod<&Engine::close>("close"),
                       });
  }

  /// new Engine(options, onEvents): `onEvents` is called without arguments when readEvents() has something.
  explicit Engine(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Engine>(info) {
    const Napi::Env env = info.Env();
    if (!info[0].IsObject() || !info[1].IsFunction()) {
      refuse_argument(env, "Engine(options, onEvents) takes an object and a function");
      return;
    }
    engine::Options options;
    if (!read_options(env, info[0].As<Napi::Object>(), options)) return;
    if (!waker_.open(env, info[1].As<Napi::Function>())) {
      fail(env, "ERR_FAIRLEAD_INTERNAL", "the event callback cannot be registered");
      return;
    }
    engine_ = engine::Engine::create(options, waker_);
    if (engine_ == nullptr) {
      waker_.release();
      fail(env, "ERR_FAIRLEAD_INTERNAL", "the engine cannot be created");
      return;
    }
    alive_.engine = engine_.get();
    enlist(alive_);
    // Registered after the waker, so it runs before the environment takes the waker away: hooks run last first.
    napi_add_env_cleanup_hook(env, &Engine::on_environment_end, this);
    hooked_ = true;
  }

  ~Engine() override {
    if (hooked_) napi_remove_env_cleanup_hook(Env(), &Engine::on_environment_end, this);
    end();
  }

 private:
  void start(const Napi::CallbackInfo& info) {
    if (!usable(info)) return;
    if (started_) return fail(info.Env(), "ERR_FAIRLEAD_INTERNAL", "the engine runs already");
    if (!engine_->start()) return fail(info.Env(), "ERR_FAIRLEAD_INTERNAL", "the workers cannot be started");
    started_ = true;
    // A running engine is not garbage, whoever has forgotten it.
    Ref();
  }

  void apply(const Napi::CallbackInfo& info) {
    if (!usable(info) || !running(info)) return;
    if (!is_bytes(info[0])) return refuse_argument(info.Env(), "apply(bytes) takes a Uint8Array");
    engine_->apply(bytes_of(info[0]));
  }

  Napi::Value check(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!usable(info)) return env.Undefined();
    if (!is_bytes(info[0])) {
      refuse_argument(env, "check(bytes) takes a Uint8Array");
      return env.Undefined();
    }
    const std::vector<std::string> faults = engine_->check(bytes_of(info[0]));
    const Napi::Array array = Napi::Array::New(env, faults.size());
    for (std::uint32_t i = 0; i < faults.size(); ++i) array.Set(i, Napi::String::New(env, faults[i]));
    return array;
  }

  Napi::Value explain(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!usable(info)) return env.Undefined();
    if (!is_bytes(info[0]) || !info[1].IsArray()) {
      refuse_argument(env, "explain(bytes, questions) takes a Uint8Array and an array");
      return env.Undefined();
    }
    const auto array = info[1].As<Napi::Array>();
    std::vector<engine::Question> questions(array.Length());
    for (std::uint32_t i = 0; i < questions.size(); ++i) {
      if (!read_question(env, array.Get(i), questions[i])) return env.Undefined();
    }
    return Napi::String::New(env, engine_->explain(bytes_of(info[0]), questions));
  }

  void explain_current(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!usable(info) || !running(info)) return;
    engine::Question question;
    if (!info[0].IsNumber()) return refuse_argument(env, "explainCurrent(number, question) takes a number");
    if (!read_question(env, info[1], question)) return;
    engine_->explain(static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value()), std::move(question));
  }

  void receipt(const Napi::CallbackInfo& info) {
    if (!usable(info) || !running(info)) return;
    if (!info[0].IsNumber() || !info[1].IsString()) {
      return refuse_argument(info.Env(), "receipt(number, id) takes a number and a string");
    }
    const std::string id = info[1].As<Napi::String>().Utf8Value();
    engine_->receipt(static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value()), id);
  }

  Napi::Value read_stats(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!usable(info)) return env.Undefined();
    if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_biguint64_array) {
      refuse_argument(env, "readStats(into) takes a BigUint64Array");
      return env.Undefined();
    }
    auto into = info[0].As<Napi::BigUint64Array>();
    const std::size_t count = engine_->read_stats({into.Data(), into.ElementLength()});
    return Napi::Number::New(env, static_cast<double>(count));
  }

  Napi::Value read_limits(const Napi::CallbackInfo& info) {
    if (!usable(info)) return info.Env().Undefined();
    return Napi::String::New(info.Env(), engine_->read_limits());
  }

  Napi::Value read_events(const Napi::CallbackInfo& info) {
    // Also after close(): the last events are still to be read.
    if (engine_ == nullptr) return Napi::String::New(info.Env(), "");
    return Napi::String::New(info.Env(), engine_->events());
  }

  Napi::Value read_health(const Napi::CallbackInfo& info) {
    if (!usable(info)) return info.Env().Undefined();
    return Napi::String::New(info.Env(), engine_->health());
  }

  void drain(const Napi::CallbackInfo& info) {
    if (!usable(info) || !running(info)) return;
    Nanos grace = 0;
    Nanos limit = 0;
    if (!read_duration(info[0], grace) || !read_duration(info[1], limit)) {
      return refuse_argument(info.Env(), "drain(graceMs, limitMs) takes two numbers that are not negative");
    }
    engine_->drain(grace, limit);
  }

  void reopen_logs(const Napi::CallbackInfo& info) {
    if (usable(info)) engine_->reopen_logs();
  }

  void ref(const Napi::CallbackInfo& info) { waker_.keep_alive(info.Env(), true); }
  void unref(const Napi::CallbackInfo& info) { waker_.keep_alive(info.Env(), false); }

  void close(const Napi::CallbackInfo&) {
    end();
    if (std::exchange(started_, false)) Unref();
  }

  static void on_environment_end(void* self) {
    auto* engine = static_cast<Engine*>(self);
    engine->hooked_ = false;
    engine->end();
  }

  /// Joins every thread, then lets go of JavaScript. Idempotent.
  void end() {
    if (engine_ == nullptr || ended_) return;
    ended_ = true;
    close_and_delist(alive_);
    waker_.release();
  }

  bool usable(const Napi::CallbackInfo& info) {
    if (engine_ != nullptr && !ended_) return true;
    fail(info.Env(), "ERR_FAIRLEAD_CLOSED", "the engine is closed");
    return false;
  }

  bool running(const Napi::CallbackInfo& info) {
    if (started_) return true;
    fail(info.Env(), "ERR_FAIRLEAD_INTERNAL", "the engine was not started");
    return false;
  }

  static bool is_bytes(const Napi::Value& value) {
    return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  }

  static std::span<const std::byte> bytes_of(const Napi::Value& value) {
    auto bytes = value.As<Napi::Uint8Array>();
    return {reinterpret_cast<const std::byte*>(bytes.Data()), bytes.ByteLength()};
  }

  // Declared before the engine, which uses it to the last.
  JavaScriptWaker waker_;
  std::unique_ptr<engine::Engine> engine_;
  Alive alive_;
  bool hooked_ = false;
  bool started_ = false;
  bool ended_ = false;
};

/// Layout fingerprints, compared by the loader before anything else is called.
Napi::Value abi(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object fingerprints = Napi::Object::New(env);
  fingerprints.Set("wire", Napi::BigInt::New(env, kWireFingerprint));
  fingerprints.Set("stats", Napi::BigInt::New(env, kStatsFingerprint));
  return fingerprints;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  // Once for each load of the library, whichever environment comes first; atexit handlers of a library also run when it
  // is unloaded.
  static const bool registered = std::atexit(close_all) == 0;
  if (!registered) {
    fail(env, "ERR_FAIRLEAD_INTERNAL", "no exit handler can be registered");
    return exports;
  }
  exports.Set("abi", Napi::Function::New(env, abi, "abi"));
  exports.Set("Engine", Engine::define(env));
  return exports;
}

}  // namespace
}  // namespace fairlead::bindings

NAPI_MODULE_INIT() { return Napi::RegisterModule(env, exports, fairlead::bindings::initialise); }
