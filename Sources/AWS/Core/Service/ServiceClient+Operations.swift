import HTTPClient
import Platform

extension ServiceClient {
    /// Starts an operation from any thread. `onChunk` and `completion` are called as those of ``submit(_:_:onChunk:completion:)`` are; the
    /// response is read before `completion`, on its thread.
    @discardableResult
    public func submit<Operation: AWSOperation>(
        _ operation: Operation, _ limits: SendLimits = .init(), onChunk: HTTPClient.ChunkReceiver? = nil,
        completion: @escaping @Sendable (Result<Operation.Output, AWSError>) -> Void
    ) -> ServiceCall {
        assert(Operation.service == service, "\(Operation.name) is no operation of \(service.name)")
        return submit(Operation.name, operation.body, operation.line, limits, onChunk: onChunk) {
            completion(self.read($0, of: operation))
        }
    }

    /// Runs an operation and waits. Not on a callback's thread.
    public func perform<Operation: AWSOperation>(
        _ operation: Operation, _ limits: SendLimits = .init()
    ) throws(AWSError) -> Operation.Output {
        assert(Operation.service == service, "\(Operation.name) is no operation of \(service.name)")
        return try read(.success(perform(Operation.name, operation.body, operation.line, limits)), of: operation).get()
    }

    /// Runs operations of one kind, all at once, and waits for all. Not on a callback's thread.
    public func performAll<Operation: AWSOperation>(_ operations: [Operation]) -> [Result<Operation.Output, AWSError>] {
        zip(operations, results(of: operations)).map { read($1, of: $0) }
    }

    /// Runs operations of any kind, all at once, and waits for all: the error of each, nil where it went well. Not on a callback's thread.
    public func failures(of operations: [any AWSOperation]) -> [AWSError?] {
        results(of: operations).map { if case .failure(let error) = $0 { error } else { nil } }
    }

    private func results(of operations: [any AWSOperation]) -> [Result<HTTPResponse, AWSError>] {
        let awaited = operations.map { operation in
            let answer = Awaited<Result<HTTPResponse, AWSError>>()
            assert(type(of: operation).service == service, "\(type(of: operation).name) is no operation of \(service.name)")
            submit(type(of: operation).name, operation.body, operation.line) { answer.bring($0) }
            return answer
        }
        return awaited.map { $0.wait() }
    }

    private func read<Operation: AWSOperation>(
        _ result: Result<HTTPResponse, AWSError>, of operation: Operation
    ) -> Result<Operation.Output, AWSError> {
        do throws(AWSError) {
            let response = try result.get()
            do throws(UnreadableOutput) {
                return .success(try operation.output(of: response))
            } catch {
                throw AWSError(
                    service: service, operation: Operation.name, region: region, unreadable: error.description,
                    subject: RequestSubject.text(operation.body, operation.line))
            }
        } catch {
            return .failure(error)
        }
    }
}
