"""Routes that the console asks for, by their pattern in docs/openapi.yaml, with an address of each."""
AGENT = "111122223333%2F0a1e6f86-9bb2-520f-a8d5-f2c3d4bae197%2Fa0000003"
ROUTES = {
    "/console/me": "/console/me", "/health/ready": "/health/ready", "/v1/agents": "/v1/agents?limit=100", "/v1/agents/{id}": f"/v1/agents/{AGENT}", "/v1/contacts": "/v1/contacts?limit=100",
    "/v1/contacts/{id}": "/v1/contacts/c0000003-0000-4000-8000-000000000000", "/v1/customers/{id}": "/v1/customers/customer-7", "/v1/customers/{id}/context": "/v1/customers/customer-7/context",
    "/v1/queues": "/v1/queues?limit=100", "/v1/summary": "/v1/summary", "/v1/regions": "/v1/regions", "/v1/explain/{kind}/{id}": f"/v1/explain/agent/{AGENT}", "/v1/lag": "/v1/lag",
    "/v1/streams": "/v1/streams", "/v1/probes": "/v1/probes", "/v1/preflight": "/v1/preflight", "/v1/configuration": "/v1/configuration", "/v1/dead-letters": "/v1/dead-letters?limit=100",
    "/v1/dead-letters/{id}": "/v1/dead-letters/300-0a1b2c3d", "/v1/failover/status": "/v1/failover/status", "/v1/failover/history": "/v1/failover/history", "/v1/failover/reports": "/v1/failover/reports",
    "/v1/failover/plan": "/v1/failover/plan?to=us-west-2", "/v1/failover/explain/{term}": "/v1/failover/explain/2",
}
