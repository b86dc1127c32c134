_base_ = '../plain/i3d-r18_darkroom-quick.py'

model = dict(cls_head=dict(label_smooth_eps=0.3))

# An eighth of the narrow network's rate.
learning_rate = 2.5e-4
optim_wrapper = dict(optimizer=dict(lr=learning_rate))
param_scheduler = [dict(_base_.param_scheduler[0], eta_max=learning_rate)]
