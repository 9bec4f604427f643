const { CelEngine, TemplateFile } = require('@aws/cloudformation-validate');

const engine = new CelEngine();
process.stdout.write(JSON.stringify(process.argv.slice(2).map((file) => engine.validateStandard(new TemplateFile(file)).diagnostics)));
