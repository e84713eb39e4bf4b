import { type CanActivate, type ExecutionContext, Injectable } from "@nestjs/common";

/** Stands for the login of your application. */
@Injectable()
export class OpsGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    return headers["x-role"] === "ops";
  }
}
