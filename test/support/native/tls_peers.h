// Two ends of a TLS connection in memory.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/secure_layer.h"
#include "tls/library.h"
#include "tls/session.h"

namespace fairlead::test {

using Step = net::SecureLayer::Step;

inline constexpr std::uint16_t kModernVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/// An SSL object of the test's own making behind the interface of ours.
class RawLayer final : public net::SecureLayer {
 public:
  explicit RawLayer(tls::SslPointer ssl) : engine_(std::move(ssl)) {}
  Step handshake(net::CipherInput& input, ByteBuffer& output) override { return engine_.handshake(input, output); }
  Step read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count) override {
    return engine_.read(input, output, plain, count);
  }
  Step write(net::CipherInput& input, ByteBuffer& output, std::string_view plain) override {
    return engine_.write(input, output, plain);
  }
  void shutdown(ByteBuffer& output) override { engine_.shutdown(output); }
  bool has_pending() const override { return engine_.has_pending(); }
  void shed() override {}
  SSL* ssl() const { return engine_.ssl(); }

 private:
  tls::Engine engine_;
};

/// What a client of a test asks for.
struct ClientSpec {
  std::string server_name = {};
  std::uint16_t min_version = TLS1_2_VERSION;
  std::uint16_t max_version = TLS1_3_VERSION;
  std::vector<std::string> alpn = {};
  std::string groups = {};  // the library's choice
};

/// A client that believes every certificate and keeps the session tickets it gets.
class RawClient {
 public:
  explicit RawClient(const ClientSpec& spec, SSL_SESSION* ticket = nullptr)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_.get(), [](SSL* ssl, SSL_SESSION* session) -> int {
      // In TLS 1.2 a session may also come without a ticket.
      if (SSL_SESSION_has_ticket(session) == 0) return 0;
      auto* self = static_cast<RawClient*>(SSL_get_app_data(ssl));
      self->ticket_.reset(session);
      ++self->tickets;
      return 1;
    });
    tls::SslPointer ssl(SSL_new(context_.get()));
    tls::allow_version(ssl.get(), spec.min_version);
    SSL_set_app_data(ssl.get(), this);
    SSL_set_min_proto_version(ssl.get(), spec.min_version);
    SSL_set_max_proto_version(ssl.get(), spec.max_version);
    if (!spec.groups.empty()) SSL_set1_groups_list(ssl.get(), spec.groups.c_str());
    if (!spec.server_name.empty()) SSL_set_tlsext_host_name(ssl.get(), spec.server_name.c_str());
    std::string protocols;
    for (const std::string& one : spec.alpn) protocols += static_cast<char>(one.size()) + one;
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const std::uint8_t*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
    if (ticket != nullptr) SSL_set_session(ssl.get(), ticket);
    SSL_set_connect_state(ssl.get());
    layer_ = std::make_unique<RawLayer>(std::move(ssl));
  }

  // OpenSSL forgets the session of a connection that was not closed in good order.
  ~RawClient() { SSL_set_shutdown(ssl(), SSL_SENT_SHUTDOWN); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  RawLayer& layer() { return *layer_; }
  SSL* ssl() { return layer_->ssl(); }
  /// The newest ticket, owned by the client; null when it got none.
  SSL_SESSION* ticket() { return ticket_.get(); }
  /// The common name in the server's certificate.
  std::string server_certificate() {
    const tls::X509Pointer certificate(SSL_get_peer_certificate(ssl()));
    if (certificate == nullptr) return "";
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof(name));
    return name;
  }

  int tickets = 0;

 private:
  struct FreeSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  tls::ContextPointer context_;
  std::unique_ptr<SSL_SESSION, FreeSession> ticket_;
  std::unique_ptr<RawLayer> layer_;
};

/// What is on its way between a client and a server.
class Link {
 public:
  /// At most `chunk` bytes arrive at once.
  Link(net::SecureLayer& client, net::SecureLayer& server, std::size_t chunk = SIZE_MAX)
      : client_{client}, server_{server}, chunk_(chunk) {}

  /// Runs both handshakes until they have ended. True when both are done.
  bool shake() {
    for (int idle = 0; idle < 2;) {
      const bool moved = step(client_, server_) | step(server_, client_);
      idle = moved ? 0 : idle + 1;
    }
    return client_.step == Step::kDone && server_.step == Step::kDone;
  }
  Step client_step() const { return client_.step; }
  Step server_step() const { return server_.step; }
  /// The alert that the server sent in clear text, 0 for none.
  int server_alert() const {
    const std::string& sent = server_.sent;
    const bool is_alert = sent.size() >= 7 && sent[sent.size() - 7] == 0x15;
    return is_alert ? static_cast<unsigned char>(sent.back()) : 0;
  }

  /// What the other side reads when one side writes `text`, and the records that carried it.
  std::string to_server(std::string_view text) { return send(client_, server_, text); }
  std::string to_client(std::string_view text) { return send(server_, client_, text); }
  std::size_t bytes_from_server() const { return server_.sent.size(); }

 private:
  struct End {
    net::SecureLayer& layer;
    Step step = Step::kWantRead;
    std::string inbox = {};
    std::string sent = {};  // everything so far
  };

  static void post(ByteBuffer& output, End& from, End& to) {
    to.inbox += output.view();
    from.sent += output.view();
    output.clear();
  }

  bool step(End& end, End& other) {
    if (end.step != Step::kWantRead) return false;
    const std::size_t size = std::min(end.inbox.size(), chunk_);
    net::CipherInput input{end.inbox.data(), end.inbox.data() + size};
    ByteBuffer output;
    end.step = end.layer.handshake(input, output);
    const std::size_t used = size - input.size();
    end.inbox.erase(0, used);
    const bool moved = used > 0 || !output.empty() || end.step != Step::kWantRead;
    post(output, end, other);
    return moved;
  }

  std::string send(End& from, End& to, std::string_view text) {
    ByteBuffer output;
    net::CipherInput none;
    REQUIRE(from.layer.write(none, output, text) == Step::kDone);
    post(output, from, to);
    return receive(to, from);
  }

  std::string receive(End& end, End& other) {
    std::string text;
    char room[40000];
    for (Step step = Step::kDone; step == Step::kDone || !end.inbox.empty();) {
      const std::size_t size = std::min(end.inbox.size(), chunk_);
      net::CipherInput input{end.inbox.data(), end.inbox.data() + size};
      ByteBuffer output;
      std::size_t count = 0;
      step = end.layer.read(input, output, room, count);
      end.inbox.erase(0, size - input.size());
      text.append(room, count);
      post(output, end, other);
      REQUIRE(step != Step::kFailed);
    }
    return text;
  }

  End client_;
  End server_;
  std::size_t chunk_;
};

}  // namespace fairlead::test
