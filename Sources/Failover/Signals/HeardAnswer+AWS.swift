import AWS
import FailoverCore
import HTTPClient

extension HeardAnswer {
    /// What an error says of the Region that was asked.
    package init(_ error: AWSError) {
        let text = "\(error)"
        switch error.cause {
        case .refused(let refusal, _):
            self = refusal.status >= 500 && error.errorClass != .throttling ? .silent(text) : .unclear(text)
        case .noAnswer(let error): self = error.isSilence ? .silent(text) : .unclear(text)
        case .noCredentials, .tooLate, .unreadable: self = .unclear(text)
        }
    }
}

extension HTTPError {
    /// Whether it is what a place that is down looks like from here. A name without an address is not: DNS is another service, and so is what a proxy or a certificate
    /// does.
    var isSilence: Bool {
        switch kind {
        case .cannotConnect, .timedOut, .connectionLost, .cutShort: true
        case .badRequest, .cannotResolve, .untrusted, .tooLarge, .overloaded, .cancelled, .other: false
        }
    }
}
