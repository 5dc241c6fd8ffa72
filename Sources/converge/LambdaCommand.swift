import Lambda
import Platform
import Worker

/// `converge lambda`: answers contact flows, in AWS Lambda.
enum LambdaCommand: Subcommand {
    static let command = Command(
        "lambda", usage: "",
        summary: "Answers contact flows as a function of AWS Lambda, from the DynamoDB tables of its Region.",
        flags: [],
        notes: """
            It takes no flags: environment variables configure it (docs/lambda.md), and AWS Lambda starts it. Exit codes: 1 it cannot start, or
            AWS Lambda hands out no invocations any more; 2 it does not run in AWS Lambda.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else { throw UsageError("converge lambda: takes no operands") }
        return LambdaProgram.run()
    }
}
