const { CelEngine, TemplateFile } = require('@aws/cloudformation-validate');

/** A program: AWS's template validator on the files of its arguments; prints a list of findings for each. */
const engine = new CelEngine();
process.stdout.write(JSON.stringify(process.argv.slice(2).map((file) => engine.validateStandard(new TemplateFile(file)).diagnostics)));
