import AWS
import FailoverCore
import HTTPClient
import Platform

/// What is asked of Amazon Connect.
extension Preflight {
    func instance(_ deadline: Int64) throws -> PreflightItem.InstanceLook {
        let found = try ask(try client(.connect, plan.target), Connect.DescribeInstance(plan.instance), deadline)
        return PreflightItem.InstanceLook(
            status: found.status, takesInboundCalls: found.takesInboundCalls, replication: found.replication?.status)
    }

    /// One that cannot be described is unknown, and the next ones are asked all the same.
    func groups(_ deadline: Int64) -> [(group: String, look: PreflightItem.Heard<PreflightItem.GroupLook>)] {
        plan.groups.map { group in
            do {
                let found = try ask(
                    try client(.connect, plan.target), Connect.DescribeTrafficDistributionGroup(arn: group), deadline)
                return (
                    group,
                    .known(.init(group: group, status: GroupView.Status(found.status), isDefault: found.isDefault))
                )
            } catch {
                return (group, .unknown("\(error)"))
            }
        }
    }

    func agents(_ deadline: Int64) throws -> PreflightItem.AgentsLook {
        let client = try client(.connect, plan.target)
        let users = try ask(client, Connect.CountUsers(instance: plan.instance), deadline)
        // A user may be of several groups.
        var found: Set<String> = []
        var isWhole = true
        var pages = 0
        for group in plan.groups {
            var token: String?
            repeat {
                guard pages < plan.bounds.userPagesMax else {
                    isWhole = false
                    break
                }
                pages += 1
                let page = try ask(client, Connect.ListTrafficDistributionGroupUsers(arn: group, token: token), deadline)
                found.formUnion(page.elements)
                token = page.nextToken
            } while token != nil
        }
        return PreflightItem.AgentsLook(users: Int(users), associated: found.count, isWhole: isWhole)
    }

    func drift(_ deadline: Int64) -> PreflightItem {
        let all = PreflightPlan.kinds.count
        if let drift = sights.drift {
            let report = drift()
            let problem = report?.problem ?? "it is not looked at yet"
            return PreflightItem.drift(report?.drift ?? [:], of: all, problem: problem.isEmpty ? nil : problem)
        }
        var counts: [String: Int] = [:]
        var problem: String?
        for kind in plan.bounds.kinds {
            do {
                let operation = Connect.ListReplicationFindings(instance: plan.instance, type: kind)
                let output = try ask(try client(.connect, plan.target), operation, deadline)
                counts[kind] = output.driftCount
            } catch {
                problem = problem ?? "\(error)"
                // One kind that is refused says nothing of the others; whatever else went wrong would go wrong with them, too.
                guard let error = error as? AWSError, error.connect == .invalid else { break }
            }
        }
        return PreflightItem.drift(counts, of: all, problem: problem)
    }

    /// Of the account, and of this instance.
    func quotas(_ region: String) throws -> [PreflightItem.Quota] {
        let client = try client(.serviceQuotas, region)
        let instance = plan.instance.split(separator: "/").last.map(String.init) ?? plan.instance
        var quotas: [PreflightItem.Quota] = []
        var token: String?
        // Amazon Connect has about a hundred.
        for _ in 0..<20 {
            let page = try client.perform(ServiceQuotas.ListServiceQuotas("connect", token: token))
            for quota in page.quotas where quota.resource.map({ $0.hasSuffix(instance) }) ?? true {
                quotas.append(
                    .init(
                        code: quota.code, name: quota.name, value: quota.value, isOfInstance: quota.resource != nil))
            }
            token = page.nextToken
            if token == nil { break }
        }
        return quotas
    }
}

extension Connect.ListReplicationFindings.Output {
    /// Resources that differ, or that somebody has to do something about.
    var driftCount: Int { Int(max(driftedCounts.values.reduce(0, +), Int64(findings.elements.count))) }
}
