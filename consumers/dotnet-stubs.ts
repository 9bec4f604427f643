/** Declares the types of jsii's runtime library for the generated code. Their members do nothing, because the generated code is not run. */
const RUNTIME = `
namespace Amazon.JSII.Runtime.Deputy
{
    public class ByRefValue {}
    public class DeputyProps { public DeputyProps(object[] arguments) {} }
    public class DeputyBase
    {
        public DeputyBase() {}
        protected DeputyBase(ByRefValue reference) {}
        protected DeputyBase(DeputyProps props) {}
        protected T GetInstanceProperty<T>() { return default(T); }
        protected T InvokeInstanceMethod<T>(System.Type[] types, object[] arguments) { return default(T); }
        protected void InvokeInstanceVoidMethod(System.Type[] types, object[] arguments) {}
        protected void SetInstanceProperty<T>(T value) {}
        protected static T GetStaticProperty<T>(System.Type type) { return default(T); }
        protected static T InvokeStaticMethod<T>(System.Type type, System.Type[] types, object[] arguments) { return default(T); }
    }
    public class JsiiAssemblyAttribute : System.Attribute { public JsiiAssemblyAttribute(string name, string version, string file) {} }
    public class JsiiByValueAttribute : System.Attribute { public JsiiByValueAttribute(string fqn) {} }
    public class JsiiOptionalAttribute : System.Attribute {}
${['Class', 'Interface', 'Enum', 'TypeProxy'].map((name) => `    public class Jsii${name}Attribute : System.Attribute { public Jsii${name}Attribute(System.Type nativeType, string fullyQualifiedName, string parametersJson = null) {} }`).join('\n')}
${['EnumMember', 'Method', 'Property'].map((name) => `    public class Jsii${name}Attribute : System.Attribute { public Jsii${name}Attribute(string name, string typeJson = null, string returnsJson = null, string parametersJson = null, bool isOptional = false, bool isOverride = false) {} }`).join('\n')}
}
`;

const BASE = 'Amazon.JSII.Runtime.Deputy.DeputyBase';
const REFERENCE = /\b(Amazon\.CDK(?:\.\w+)*|Constructs(?:\.\w+)*)\.(\w+)(?=[^.\w])/g;

/** Returns C# code that declares jsii's runtime, and each CDK type that the generated `code` uses. Generated code uses no members of these types. */
export function stubsOf(code: string): string {
  const types = new Map([...code.replace(/\/\/.*/g, '').matchAll(REFERENCE)].map(([name, space, type]) => [name, { space, type }]));
  const stubs = [...types.values()].map(({ space, type }) => `namespace ${space} { ` + (/^I[A-Z]/.test(type) ? `public interface ${type} {}` : (
    `public class ${type} : ${BASE} { public ${type}() {} protected ${type}(Amazon.JSII.Runtime.Deputy.ByRefValue reference) : base(reference) {} `
    + `protected ${type}(Amazon.JSII.Runtime.Deputy.DeputyProps props) : base(props) {} }`)) + ' }');
  return [RUNTIME, ...stubs].join('\n');
}
