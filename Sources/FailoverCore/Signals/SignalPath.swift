/// The links that a signal stands on: what else, were it broken, would make it say the same of its Region.
///
/// Two signals are independent when no link is in both paths. A signal that complains of silence stands on every link that could be silent instead:
/// Connect's API that does not answer across Regions stands on the link between the two. One that brings figures stands on whoever
/// counted them: the link has just carried them.
package struct SignalPath: Equatable, Sendable {
    package enum Link: Hashable, Sendable {
        /// The network from one Region to the other, and replication, which uses it.
        case between
        /// This Region's own streams and what reads them.
        case ownStreams
        /// What the other Region's workers count and replicate.
        case counted
        /// The control table, in which the peers see each other.
        case controlTable
        /// CloudWatch of a Region.
        case monitoring
        /// A Region's own Connect endpoint, seen from inside that Region.
        case ownEndpoint
        /// A service outside of both Regions: `synthetic/calls.example.com`, `aws-health`.
        case outside(String)
        /// A person.
        case person
    }

    package var links: Set<Link>

    package init(_ links: Link...) { self.links = Set(links) }

    package func isDisjoint(with other: SignalPath) -> Bool { links.isDisjoint(with: other.links) }
}
