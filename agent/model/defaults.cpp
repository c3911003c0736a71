#include "model/defaults.h"

#include <set>

namespace vpcd {

namespace {

constexpr unsigned kSubnetLength = 20;

bool is_defaulted(const ResourceKey& interface, const Model& model)
{
    const Origin* origin = model.origin(interface);
    return origin && !origin->wrote("subnet");
}

Prefix block_around(const Address& address)
{
    return Prefix::of(address, kSubnetLength);
}

// The first by name of the interfaces that need this subnet and lie in `block`; without one, the first of all. So a
// block that is in use stays, and whoever does not fit is the one to blame.
const Interface* first_in_need(const std::string& subnet, const Prefix* block, const Model& model)
{
    const Interface* fitting = nullptr;
    const Interface* first = nullptr;
    const auto keep_first = [](const Interface*& known, const Interface& other) {
        if (!known || other.name < known->name)
            known = &other;
    };
    model.for_each_referrer<Interface>({Subnet::kKind, subnet}, [&](const Interface& interface) {
        if (!interface.address.is_v4() || !is_defaulted(key_of(interface), model))
            return;
        keep_first(first, interface);
        if (!block || block->contains(interface.address))
            keep_first(fitting, interface);
    });
    return fitting ? fitting : first;
}

class Completion {
public:
    Completion(Model& model, std::vector<Declaration>& undo) : model_(model), undo_(undo) {}

    void run(const std::vector<Declaration*>& changes)
    {
        for (const Declaration* change : changes)
            find_concerned(*change);
        for (const auto& name : interfaces_)
            complete(name);
        for (const auto& name : subnets_)
            settle_subnet(name);
        if (!subnets_.empty() || is_vpc_concerned_)
            settle_vpc();
    }

private:
    void find_concerned(const Declaration& change)
    {
        const auto& [id, old_value, old_origin] = change;
        if (id.kind == Interface::kKind) {
            if (is_defaulted(id, model_))
                interfaces_.insert(id.name);
            if (old_value && !old_origin.wrote("subnet"))
                concern(std::get<Interface>(*old_value).subnet);
        } else if (id.kind == Host::kKind) {
            model_.for_each_referrer<Interface>(id, [&](const Interface& interface) {
                if (is_defaulted(key_of(interface), model_))
                    interfaces_.insert(interface.name);
            });
        } else if (id.kind == Subnet::kKind) {
            concern(id.name);
        } else if (id.kind == Vpc::kKind && id.name == Vpc::kDefaultName) {
            is_vpc_concerned_ = true;
        }
    }

    void concern(const std::string& subnet)
    {
        if (subnet.starts_with(default_subnet_name({})))
            subnets_.insert(subnet);
    }

    void complete(const std::string& name)
    {
        const ResourceId id{Interface::kKind, name};
        const Interface* interface = model_.find<Interface>(name);
        if (!interface || !is_defaulted(id, model_))
            return;
        concern(interface->subnet);
        const Host* host = model_.find<Host>(interface->host);
        Interface completed = *interface;
        completed.subnet = host ? default_subnet_name(host->zone) : std::string{};
        concern(completed.subnet);
        if (completed.subnet != interface->subnet)
            apply({id, completed, *model_.origin(id)});
    }

    void settle_subnet(const std::string& name)
    {
        const ResourceId id{Subnet::kKind, name};
        const Subnet* present = model_.find<Subnet>(name);
        if (present && !model_.origin(id)->is_generated())
            return;
        const Interface* cause = first_in_need(name, present ? &present->cidr : nullptr, model_);
        if (!cause) {
            remove(id);
            return;
        }
        Subnet wanted;
        wanted.name = name;
        wanted.vpc = Vpc::kDefaultName;
        wanted.cidr = block_around(cause->address);
        wanted.zone = name.substr(default_subnet_name({}).size());
        put(id, wanted, Origin::generated(model_.origin(id_of(*cause))->at("address")));
    }

    void settle_vpc()
    {
        const ResourceId id{Vpc::kKind, std::string{Vpc::kDefaultName}};
        const Origin* present = model_.origin(id);
        if (present && !present->is_generated())
            return;
        for (const auto& subnet : model_.referrers<Subnet>(id)) {
            const Interface* cause = first_in_need(subnet, nullptr, model_);
            if (!cause)
                continue;
            Vpc wanted;
            wanted.name = Vpc::kDefaultName;
            wanted.vni = Vpc::kDefaultVni;
            wanted.cidrs = {Prefix::of(Address::v4(0xac1f0000), 16)};
            put(id, wanted, Origin::generated(model_.origin(id_of(*cause))->at("address")));
            return;
        }
        remove(id);
    }

    void put(const ResourceId& id, AnyResource wanted, Origin origin)
    {
        const Origin* present = model_.origin(id);
        if (!present || *present != origin || model_.get(id) != wanted)
            apply({id, std::move(wanted), std::move(origin)});
    }

    void remove(const ResourceId& id)
    {
        if (model_.contains(id))
            apply({id, std::nullopt, {}});
    }

    void apply(Declaration change) { undo_.push_back(model_.apply(std::move(change))); }

    Model& model_;
    std::vector<Declaration>& undo_;
    std::set<std::string> interfaces_;
    std::set<std::string> subnets_;
    bool is_vpc_concerned_ = false;
};

} // namespace

void complete_defaults(Model& model, const std::vector<Declaration*>& changes, std::vector<Declaration>& undo)
{
    Completion{model, undo}.run(changes);
}

std::string default_subnet_name(std::string_view zone)
{
    return "default-" + std::string{zone};
}

const Interface* cause_of(const Subnet& subnet, const Model& model)
{
    return first_in_need(subnet.name, &subnet.cidr, model);
}

} // namespace vpcd
