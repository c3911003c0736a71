// Tunnel packets: whether they are for us, from somebody we know, for somebody who is here; and what this one's side
// says.
#include "outside.h"
#include "tunnel.h"
#include "walk.h"

namespace vpcd::oracle {
namespace {

class Arrival {
public:
    Arrival(Oracle& oracle, const Tunnel& tunnel, std::size_t bytes)
        : oracle_(oracle),
          tunnel_(tunnel),
          bytes_(bytes),
          peer_(oracle.world.by_address(tunnel.outer.source)),
          cloud_(cloud_here()),
          receiver_(receiver_here()),
          walk_(oracle, cloud_ ? *cloud_ : elsewhere_, receiver_ ? receiver_->name : "", false)
    {
    }

    Answer answer()
    {
        const auto& world = oracle_.world;
        const auto& self = world.hosts.at(oracle_.host);
        if (tunnel_.outer.destination != self.address ||
            (!peer_ && tunnel_.outer.encapsulation != self.encapsulation)) {
            answer_.kind = Answer::Kind::NotOurs;
            return answer_;
        }
        check_outer();
        check_headers();
        if (!answer_.objections.empty())
            return answer_;
        walk_.judge(nullptr, receiver_, peer_->name, receiver_->name);
        answer_.hits = walk_.hits;
        take_objections(receiver_);
        if (answer_.objections.empty())
            deliver();
        return answer_;
    }

private:
    // With somebody of it on this host; any other number is unknown here.
    const Cloud* cloud_here()
    {
        elsewhere_.vni = tunnel_.outer.vni;
        const auto* cloud = oracle_.world.by_vni(tunnel_.outer.vni);
        return cloud && oracle_.world.is_present(cloud->name, oracle_.host) ? cloud : nullptr;
    }

    const Card* receiver_here() const
    {
        if (!cloud_)
            return nullptr;
        const Card* receiver = nullptr;
        const auto ip = read_ip(tunnel_.packet);
        if (tunnel_.ethernet)
            receiver = oracle_.world.by_mac(cloud_->name, tunnel_.ethernet->to);
        else if (ip)
            receiver = receiver_by_address(oracle_.world, *cloud_, oracle_.host, ip->source, ip->destination);
        return receiver && receiver->host == oracle_.host ? receiver : nullptr;
    }

    void drop(drop_reason reason, const Card* about)
    {
        answer_.objections.push_back({reason, cloud_ ? cloud_->vni : 0, about ? about->name : "", bytes_});
    }

    void check_outer()
    {
        if (!peer_ || peer_->name == oracle_.host)
            drop(DROP_UNKNOWN_VTEP, nullptr);
        if (!cloud_)
            drop(DROP_UNKNOWN_VNI, nullptr);
        else if (!receiver_)
            drop(DROP_NOT_LOCAL, nullptr);
    }

    // What is wrong with the packet, whoever it is for.
    void check_headers()
    {
        if (tunnel_.ethernet && tunnel_.ethernet->type != 0x0800)
            walk_.object(tunnel_.ethernet->type == 0x86dd ? DROP_IPV6 : DROP_NOT_IP);
        else if (walk_.read(tunnel_.packet) && walk_.packet.contradicts())
            walk_.object(DROP_TCP_FLAGS);
        take_objections(nullptr);
    }

    void take_objections(const Card* about)
    {
        for (const auto reason : std::exchange(walk_.objections, {}))
            drop(reason, about);
    }

    void deliver()
    {
        walk_.remember();
        if (walk_.may_be_unrelated)
            answer_.may_be_dropped = Drop{DROP_ICMP_UNRELATED, cloud_->vni, receiver_->name, bytes_};
        // Explicit congestion notification crosses the tunnel (RFC 6040, 4.2).
        const auto inner = walk_.packet.ip.tos & 3;
        const bool is_marked = (tunnel_.tos & 3) == 3 && inner != 3;
        if (is_marked && inner == 0)
            return drop(DROP_CONGESTION, receiver_);
        answer_.kind = Answer::Kind::Delivered;
        answer_.to = receiver_->name;
        answer_.frame = Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00};
        answer_.frame.insert(answer_.frame.end(), tunnel_.packet.begin(), tunnel_.packet.end());
        write_macs(answer_.frame, receiver_->mac, tunnel_.ethernet ? tunnel_.ethernet->from : kRouter);
        if (is_marked)
            mark_congestion(answer_.frame);
        answer_.traffic.push_back({receiver_->name, false, answer_.frame.size()});
    }

    Oracle& oracle_;
    const Tunnel& tunnel_;
    std::size_t bytes_;
    Cloud elsewhere_; // stands for a VPC that is not here
    const Station* peer_;
    const Cloud* cloud_;
    const Card* receiver_;
    Walk walk_;
    Answer answer_;
};

} // namespace

Answer Oracle::arrives(const Bytes& frame)
{
    if (const auto tunnel = read_tunnel(frame)) {
        const bool is_ours = tunnel->outer.destination == world.hosts.at(host).address;
        const bool goes_out = tunnel->ethernet ? tunnel->ethernet->to == kGateway : tunnel->outer.vni & kGreOutside;
        return is_ours && goes_out ? relays(*tunnel, frame.size()) : Arrival{*this, *tunnel, frame.size()}.answer();
    }
    Answer answer;
    answer.kind = Answer::Kind::NotOurs;
    return answer;
}

} // namespace vpcd::oracle
