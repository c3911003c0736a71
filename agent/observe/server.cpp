// Accepting clients of the API.
#include "observe/server.h"

#include <boost/asio/steady_timer.hpp>

#include "observe/connection.h"

namespace vpcd {

using boost::system::error_code;

// Accepts until it is stopped. Kept alive by its pending operation.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    using Acceptor = Connection::Protocol::acceptor;

    Listener(boost::asio::io_context& context, std::shared_ptr<ServerState> state)
        : state_(std::move(state)), acceptor_(context), pause_(context)
    {
    }

    Result<void> open(UniqueFd fd)
    {
        error_code error;
        acceptor_.assign(Connection::Protocol{}, fd.get(), error);
        if (error)
            return fail(Error::system(error.value(), "accept clients"));
        fd.release();
        return {};
    }

    void accept()
    {
        acceptor_.async_accept([self = shared_from_this()](error_code error, Connection::Protocol::socket socket) {
            if (!self->acceptor_.is_open())
                return;
            if (error)
                return self->accept_later();
            std::make_shared<Connection>(std::move(socket), self->state_)->start();
            self->accept();
        });
    }

    void stop()
    {
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        while (!state_->connections.empty())
            (*state_->connections.begin())->close();
    }

    std::size_t connections() const { return state_->connections.size(); }

private:
    // Out of descriptors: the client stays in the backlog, and asking again at once would spin.
    void accept_later()
    {
        pause_.expires_after(std::chrono::milliseconds{100});
        pause_.async_wait([self = shared_from_this()](error_code) {
            if (self->acceptor_.is_open())
                self->accept();
        });
    }

    std::shared_ptr<ServerState> state_;
    Acceptor acceptor_;
    boost::asio::steady_timer pause_;
};

Result<std::unique_ptr<Server>> Server::open(boost::asio::io_context& context, std::filesystem::path socket,
                                             Router router, ServerLimits limits)
{
    auto file = SocketFile::open(socket);
    if (!file)
        return fail(file.error());
    auto state = std::make_shared<ServerState>(ServerState{std::move(router), limits, {}});
    auto listener = std::make_shared<Listener>(context, std::move(state));
    if (auto opened = listener->open(file->take()); !opened)
        return fail(opened.error());
    listener->accept();
    return std::unique_ptr<Server>(new Server(std::move(*file), std::move(listener)));
}

Server::Server(SocketFile socket, std::shared_ptr<Listener> listener)
    : socket_(std::move(socket)), listener_(std::move(listener))
{
}

Server::~Server()
{
    listener_->stop();
}

std::size_t Server::connections() const
{
    return listener_->connections();
}

} // namespace vpcd
