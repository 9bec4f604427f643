export function captureLog(): string[] {
  const logged: string[] = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    jest.spyOn(console, method).mockImplementation((...values) => void logged.push(JSON.stringify(values)));
  }
  return logged;
}
